// Compresses answers (RFC 1952), level 1: on a loop, speed is worth more than
// the last bytes.
#pragma once

#include "net/http.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>

struct z_stream_s;

namespace callboard::net {

/// The text of a stream of slices. One thread.
class gzip_job {
public:
  /// What is compressed without a pause [bytes]: about half a millisecond.
  static constexpr size_t slice = 65'536;

  explicit gzip_job(std::string text);
  ~gzip_job();
  gzip_job(const gzip_job&) = delete;
  gzip_job& operator=(const gzip_job&) = delete;

  /// False if there is no memory for it: send the text as it is.
  bool is_good() const { return stream_ != nullptr; }

  /// Compresses the next slice; true while there is more.
  bool advance();

  /// The whole, once `advance` was false.
  std::string take() { return std::move(out_); }

  std::string take_text() { return std::move(text_); }

private:
  std::string text_;
  size_t taken_ = 0;
  std::string out_;
  std::unique_ptr<z_stream_s, void (*)(z_stream_s*)> stream_;
};

/// Gives the reply its answer with the body compressed and its `ETag` marked;
/// at once if the body is one slice, else the loop of `io` works on it between
/// other things.
void reply_compressed(boost::asio::io_context& io, response x, reply out);

} // namespace callboard::net
