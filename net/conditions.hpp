// Conditional requests (RFC 9110 section 13): what clients say of the versions
// that they know.
#pragma once

#include "net/http.hpp"
#include "protocols/call.hpp"

#include <string>
#include <string_view>

namespace callboard::net {

/// The tag of the same representation, compressed: `"x"` -> `"x-gzip"`. Other
/// bytes need another strong tag.
std::string gzip_tag(std::string tag);

/// True if the request has an `If-None-Match` that names the tag, compressed or
/// not, weak or strong, or `*`.
bool knows(const request& in, std::string_view tag);

/// Reads `If-Match` of a request that changes something into `to.if_match`;
/// `If-None-Match: *` of one allows no version, for what is changed exists.
/// `bad_request` for a malformed list.
caf::error read_conditions(const request& in, call& to);

} // namespace callboard::net
