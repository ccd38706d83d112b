#include "net/response_head.hpp"

#include <boost/beast/http/status.hpp>

#include <array>
#include <charconv>
#include <ctime>

namespace callboard::net {

namespace {

constexpr std::string_view security_fields
    = "X-Content-Type-Options: nosniff\r\n"
      "X-Frame-Options: DENY\r\n"
      "X-XSS-Protection: 1; mode=block\r\n"
      "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
      "Content-Security-Policy: ";

void append_number(std::string& out, size_t n) {
  std::array<char, 20> text;
  auto [end, ec] = std::to_chars(text.data(), text.data() + text.size(), n);
  out.append(text.data(), end);
}

/// RFC 9110 section 6.6.1; made once a second.
void append_date(std::string& out) {
  thread_local std::time_t when = 0;
  thread_local std::array<char, 48> text{};
  thread_local size_t size = 0;
  auto now = std::time(nullptr);
  if (now != when) {
    when = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    size = std::strftime(text.data(), text.size(),
                         "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  }
  out.append(text.data(), size);
}

} // namespace

void write_head(std::string& out, const response& x, size_t body_size,
                bool keep_alive) {
  namespace http = boost::beast::http;
  out += "HTTP/1.1 ";
  append_number(out, x.status);
  out += ' ';
  auto reason = http::obsolete_reason(http::int_to_status(x.status));
  out.append(reason.data(), reason.size());
  out += "\r\n";
  append_date(out);
  out += security_fields;
  out += x.policy;
  out += "\r\n";
  for (auto& [name, value] : x.fields) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (!keep_alive)
    out += "Connection: close\r\n";
  if (x.status >= 200 && x.status != 204 && x.status != 304) {
    if (body_size > 0) {
      out += "Content-Type: ";
      out += x.content_type;
      out += "\r\n";
    }
    out += "Content-Length: ";
    append_number(out, body_size);
    out += "\r\n";
  }
  out += "\r\n";
}

} // namespace callboard::net
