// What a new password must be (behaviour.md section 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// Why `text` is no good password, or nothing: 8 to 128 code points, at least
/// one upper-case letter, one lower-case letter, one digit, no NUL (bcrypt
/// would cut there).
std::optional<std::string> password_policy(std::string_view text);

} // namespace callboard
