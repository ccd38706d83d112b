#include "net/trusted_hosts.hpp"

#include "net/http.hpp"

#include <algorithm>
#include <optional>

namespace callboard::net {

namespace {

bool is_port(std::string_view text) {
  return text.empty() // `host:` is a host without port, RFC 3986 section 3.2.3
         || (text.size() <= 5
             && text.find_first_not_of("0123456789") == text.npos);
}

/// The host without its port and brackets; nothing if it is none.
std::optional<std::string_view> host_of(std::string_view field) {
  std::string_view host;
  std::string_view rest;
  if (field.starts_with('[')) {
    auto end = field.find(']');
    if (end == field.npos)
      return std::nullopt;
    host = field.substr(1, end - 1);
    rest = field.substr(end + 1);
  } else {
    auto colon = field.find(':');
    host = field.substr(0, colon);
    rest = colon == field.npos ? std::string_view{} : field.substr(colon);
  }
  if (host.empty() || (!rest.empty() && rest.front() != ':'))
    return std::nullopt;
  if (!rest.empty() && !is_port(rest.substr(1)))
    return std::nullopt;
  return host;
}

bool fits(std::string_view pattern, std::string_view host) {
  if (pattern == "*")
    return true;
  if (!pattern.starts_with("*."))
    return equal_ignoring_case(pattern, host);
  auto suffix = pattern.substr(1);
  return host.size() > suffix.size() && host.front() != '.'
         && equal_ignoring_case(host.substr(host.size() - suffix.size()),
                                suffix);
}

} // namespace

bool is_allowed_host(std::span<const std::string> patterns,
                     std::string_view field) {
  auto host = host_of(field);
  return host && std::any_of(patterns.begin(), patterns.end(), [&](auto& x) {
           return fits(x, *host);
         });
}

} // namespace callboard::net
