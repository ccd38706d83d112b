#include "protocols/password_policy.hpp"

#include "protocols/unicode.hpp"

namespace callboard {

std::optional<std::string> password_policy(std::string_view text) {
  if (text.find('\0') != text.npos)
    return "password must not contain NUL";
  if (auto n = code_points(text); n < 8 || n > 128)
    return "password must have 8 to 128 characters";
  if (!has_upper(text))
    return "password must contain at least one upper-case letter";
  if (!has_lower(text))
    return "password must contain at least one lower-case letter";
  if (!has_digit(text))
    return "password must contain at least one digit";
  return std::nullopt;
}

} // namespace callboard
