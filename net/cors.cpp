#include "net/cors.hpp"

#include "net/exchange.hpp"

#include <algorithm>
#include <array>

namespace callboard::net {

namespace {

constexpr std::string_view methods = "GET, POST, PUT, DELETE, PATCH";

/// [s] that a browser may remember a preflight.
constexpr std::string_view max_age = "600";

/// What a page may read beside the safelisted fields.
constexpr std::string_view exposed
    = "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
      "RateLimit, RateLimit-Policy, X-Request-ID, Retry-After, ETag, Location, "
      "X-Event-Position, X-Degraded-Mode, X-Degraded-Reason";

bool is_preflight(const request& in) {
  return in.method == verb::options && !in.refusal
         && in.count("access-control-request-method") > 0;
}

/// Why the preflight is refused; empty if it is not.
std::string_view objection(const request& in, bool allowed) {
  if (!allowed)
    return "Disallowed CORS origin";
  if (!is_allowed_method(in.find("access-control-request-method")))
    return "Disallowed CORS method";
  if (!is_list_of_names(in.find("access-control-request-headers")))
    return "Disallowed CORS headers";
  return {};
}

void permit(exchange& x) {
  x.header("Access-Control-Allow-Methods", std::string{methods});
  auto wanted = x.in().find("access-control-request-headers");
  if (!wanted.empty())
    x.header("Access-Control-Allow-Headers", std::string{wanted});
  x.header("Access-Control-Max-Age", std::string{max_age});
  x.send(200, {});
}

} // namespace

bool is_allowed_origin(std::span<const std::string> allowed,
                       std::string_view origin) {
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](auto& x) { return equal_ignoring_case(x, origin); });
}

bool is_allowed_method(std::string_view method) {
  constexpr std::array<std::string_view, 6> known{"GET", "HEAD",  "POST",
                                                  "PUT", "PATCH", "DELETE"};
  return std::find(known.begin(), known.end(), method) != known.end();
}

bool is_list_of_names(std::string_view headers) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~, \t";
  return std::all_of(headers.begin(), headers.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z') || marks.find(c) != marks.npos;
  });
}

bool answer_preflight(exchange& x, std::span<const std::string> allowed) {
  auto origin = x.in().find("origin");
  if (origin.empty())
    return false;
  x.vary("Origin");
  auto known = is_allowed_origin(allowed, origin);
  auto asks = is_preflight(x.in());
  auto why = asks ? objection(x.in(), known) : std::string_view{};
  if (known && why.empty()) {
    x.header("Access-Control-Allow-Origin", std::string{origin});
    x.header("Access-Control-Allow-Credentials", "true");
  }
  if (!why.empty())
    x.fail(errc::bad_request, std::string{why});
  else if (asks)
    permit(x);
  else if (known)
    x.header("Access-Control-Expose-Headers", std::string{exposed});
  return asks;
}

} // namespace callboard::net
