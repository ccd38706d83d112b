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
#include <sys/socket.h>
#include <sys/time.h>

namespace callboard::net {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr timeval limit{10, 0};

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

template <class Stream>
error_code exchange_over(Stream& stream, const address& to,
                         const std::string& token, http_answer& out) {
  http::request<http::empty_body> ask{http::verb::get, to.path, 11};
  ask.set(http::field::host, to.host);
  ask.set(http::field::connection, "close");
  if (!token.empty())
    ask.set(http::field::authorization, "Bearer " + token);
  error_code ec;
  http::write(stream, ask, ec);
  if (ec)
    return ec;
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> answer;
  http::read(stream, buffer, answer, ec);
  if (ec)
    return ec;
  out.status = answer.result_int();
  out.body = std::move(answer).body();
  return ec;
}

error_code get(const address& to, const std::string& token, http_answer& out) {
  asio::io_context io;
  error_code ec;
  auto where = tcp::resolver{io}.resolve(to.host, to.port, ec);
  if (ec)
    return ec;
  tcp::socket socket{io};
  asio::connect(socket, where, ec);
  if (ec)
    return ec;
  setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit,
             sizeof(limit));
  if (!to.tls)
    return exchange_over(socket, to, token, out);
  asio::ssl::context tls{asio::ssl::context::tls_client};
  tls.set_default_verify_paths(ec);
  asio::ssl::stream<tcp::socket> stream{std::move(socket), tls};
  stream.set_verify_mode(asio::ssl::verify_peer, ec);
  stream.set_verify_callback(asio::ssl::host_name_verification{to.host}, ec);
  stream.handshake(asio::ssl::stream_base::client, ec);
  return ec ? ec : exchange_over(stream, to, token, out);
}

} // namespace

caf::expected<http_answer> http_get(const std::string& url,
                                    const std::string& token) {
  auto to = parse_url(url);
  if (!to)
    return to.error();
  http_answer out;
  if (auto ec = get(*to, token, out))
    return caf::make_error(errc::unavailable, url + ": " + ec.message());
  return out;
}

} // namespace callboard::net
