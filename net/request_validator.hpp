// What an HTTP library lets through and we do not (A14): smuggling begins where
// two readers of the same bytes disagree. RFC 9112.
#pragma once

#include "net/http.hpp"

#include <caf/error.hpp>

#include <span>
#include <string_view>
#include <utility>

namespace callboard::net {

/// Checks the raw bytes of a head, from the request line to the empty line
/// (included): `bad_request`, `uri_too_long`, `headers_too_large`.
caf::error check_head(std::string_view head, const http_limits& limits);

/// Checks the parsed fields against each other: one Host, one clear framing.
/// `version`: 10 or 11.
caf::error check_fields(
    std::span<const std::pair<std::string_view, std::string_view>> fields,
    unsigned version);

} // namespace callboard::net
