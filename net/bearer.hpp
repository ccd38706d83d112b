// The token that a request carries in its head (RFC 6750 section 2.1).
#pragma once

#include "net/http.hpp"

#include <optional>
#include <string_view>

namespace callboard::net {

/// The token of `Authorization: Bearer <token>`, scheme in any case.
std::optional<std::string_view> bearer_token(const request& in);

} // namespace callboard::net
