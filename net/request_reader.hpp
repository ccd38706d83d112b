// The bytes of one connection as requests, one after another, within the
// limits. Touches no socket and no clock. RFC 9112.
#pragma once

#include "net/http.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>

namespace callboard::net {

/// One thread at a time.
class request_reader {
public:
  enum class step : uint8_t {
    head,             ///< more bytes of the head are needed
    body,             ///< more bytes of the body are needed
    expects_continue, ///< as `body`; the client waits for a 100 first
    complete,         ///< `take()` has it, whole or refused
  };

  explicit request_reader(const http_limits& limits) : limits_(limits) {}

  /// Where the next bytes of the connection go; `commit` says how many came.
  boost::asio::mutable_buffer prepare();
  void commit(size_t size) { buffer_.commit(size); }

  /// No byte of the present request is here.
  bool empty() const { return buffer_.size() == 0 && !parser_; }

  /// Reads what is buffered as far as it goes.
  step advance();

  /// The present request, which fails for a reason of the caller's.
  void refuse(caf::error why) { request_.refusal = std::move(why); }

  /// Its views stay valid until `next`.
  request take();

  /// Of the request just read: the connection may carry another.
  bool keep_alive() const;

  /// What came behind the present request.
  std::string_view rest() const { return buffered(); }

  /// Forgets the present request. What was pipelined behind it stays.
  void next();

private:
  step read_head();
  caf::error check_unfinished(std::string_view text) const;
  step take_head(std::string_view head);
  void read_fields();
  step begin_body();
  step read_body();
  step refused(caf::error why);
  step malformed(const char* what);
  std::string_view buffered() const;

  const http_limits& limits_;
  boost::beast::flat_buffer buffer_;
  std::optional<
      boost::beast::http::request_parser<boost::beast::http::string_body>>
      parser_; ///< set once the head is whole
  request request_;
  size_t scanned_ = 0; ///< bytes in which no head ends
  size_t fields_in_head_ = 0;
};

} // namespace callboard::net
