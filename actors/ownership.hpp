// The one refusal of what belongs to somebody else (behaviour.md section 3).
#pragma once

#include "protocols/call.hpp"

#include <caf/error.hpp>

#include <cstdint>
#include <string_view>

namespace callboard::actors {

/// `forbidden`, logged with both user ids. `kind`: `task`, `project`, ...;
/// `owner`: user id as text or empty; `named`: what the client reads after
/// "You do not have permission to access this".
caf::error foreign(const call& ctx, std::string_view kind, int64_t id,
                   std::string_view owner, std::string_view named = "resource");

/// `not_found`: `<what> <id> not found`.
caf::error absent(std::string_view what, int64_t id);

} // namespace callboard::actors
