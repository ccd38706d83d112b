#include "net/http_get.hpp"

#include "protocols/error.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace callboard::net {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds limit{10};

struct address {
  bool tls = false;
  std::string host;
  std::string port;
  std::string path = "/";
};

caf::expected<address> parse_url(const std::string& url) {
  address out;
  out.tls = url.starts_with("https://");
  if (!out.tls && !url.starts_with("http://"))
    return caf::make_error(errc::bad_request,
                           "'" + url + "' is not an http or https URL");
  auto rest = url.substr(out.tls ? 8 : 7);
  if (auto slash = rest.find('/'); slash != rest.npos) {
    out.path = rest.substr(slash);
    rest.resize(slash);
  }
  auto colon = rest.rfind(':');
  out.host = rest.substr(0, colon);
  out.port
      = colon == rest.npos ? (out.tls ? "443" : "80") : rest.substr(colon + 1);
  return out;
}

/// One exchange, step by step, each within the limit.
class getter {
public:
  getter(const address& to, const std::string& token, http_answer& out)
      : to_(to), out_(out), resolver_(io_), stream_(io_, tls_) {
    ask_ = {http::verb::get, to.path, 11};
    ask_.set(http::field::host, to.host);
    ask_.set(http::field::connection, "close");
    if (!token.empty())
      ask_.set(http::field::authorization, "Bearer " + token);
  }

  error_code run() {
    if (to_.tls) {
      error_code ignored;
      tls_.set_default_verify_paths(ignored);
      stream_.set_verify_mode(asio::ssl::verify_peer, ignored);
      stream_.set_verify_callback(asio::ssl::host_name_verification{to_.host},
                                  ignored);
    }
    resolver_.async_resolve(to_.host, to_.port,
                            [this](error_code ec, const auto& found) {
                              ec ? end(ec) : connect(found);
                            });
    io_.run_for(limit);
    return result_;
  }

private:
  void end(error_code ec) { result_ = ec; }

  void connect(const tcp::resolver::results_type& found) {
    asio::async_connect(stream_.next_layer(), found,
                        [this](error_code ec, const tcp::endpoint&) {
                          if (ec)
                            end(ec);
                          else if (to_.tls)
                            handshake();
                          else
                            exchange(stream_.next_layer());
                        });
  }

  void handshake() {
    stream_.async_handshake(
        asio::ssl::stream_base::client,
        [this](error_code ec) { ec ? end(ec) : exchange(stream_); });
  }

  template <class Stream>
  void exchange(Stream& stream) {
    http::async_write(stream, ask_, [this, &stream](error_code ec, size_t) {
      if (ec)
        return end(ec);
      http::async_read(stream, buffer_, answer_, [this](error_code e, size_t) {
        out_.status = answer_.result_int();
        out_.body = std::move(answer_).body();
        end(e);
      });
    });
  }

  const address& to_;
  http_answer& out_;
  asio::io_context io_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  tcp::resolver resolver_;
  asio::ssl::stream<tcp::socket> stream_;
  http::request<http::empty_body> ask_;
  http::response<http::string_body> answer_;
  boost::beast::flat_buffer buffer_;
  error_code result_
      = asio::error::timed_out; ///< until something else is known
};

} // namespace

caf::expected<http_answer> http_get(const std::string& url,
                                    const std::string& token) {
  auto to = parse_url(url);
  if (!to)
    return to.error();
  http_answer out;
  if (auto ec = getter{*to, token, out}.run())
    return caf::make_error(errc::unavailable, url + ": " + ec.message());
  return out;
}

} // namespace callboard::net
