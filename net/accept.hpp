// What a client would rather have (RFC 9110 section 12): `Accept` and
// `Accept-Encoding` with their weights.
#pragma once

#include <string_view>

namespace callboard::net {

/// True if gzip may be sent and is not liked less than no coding at all. Items
/// that are malformed count as absent.
bool accepts_gzip(std::string_view accept_encoding);

/// True if `application/problem+json` is liked better than `application/json`;
/// the more specific range decides for each.
bool prefers_problem(std::string_view accept);

/// True if `text/html` is liked better than `application/json`: a browser that
/// goes to a page.
bool prefers_html(std::string_view accept);

} // namespace callboard::net
