// Which `Host` a request may name (behaviour.md section 5).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace callboard::net {

/// True if one of `patterns` is the host in `field` (`name`, `name:port`,
/// `[::1]:port`), in any case: the name itself, `*.example.com` for all names
/// below it, `*` for every one. Never for a malformed field.
bool is_allowed_host(std::span<const std::string> patterns,
                     std::string_view field);

} // namespace callboard::net
