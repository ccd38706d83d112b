// Tokens: JWS compact form with HS256 alone (RFC 7515, RFC 8725).
#pragma once

#include "protocols/signing_keys.hpp"

#include <caf/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace callboard {

enum class token_type : uint8_t { access, refresh, operator_ };

/// `access`, `refresh`, `operator`.
std::string_view to_string(token_type x);

/// What a token says (behaviour.md section 1). Written as the union of both
/// conventions: `sub` as text and `user_id` as integer.
struct claims {
  int64_t user_id = 0;
  std::string username;
  std::string email;
  std::string role; ///< for display; authorisation reads the row
  token_type type = token_type::access;
  int64_t iat = 0; ///< [s since 1970]
  int64_t exp = 0; ///< [s since 1970]
  std::string jti; ///< empty: none
};

/// The same claims and key give the same bytes.
std::string sign_jwt(const signing_key& key, const claims& x);

/// The claims of a token of this type, signed with one of these keys (the one
/// that it names, if it has a `kid`) and not expired at `now` [s]; identity
/// from `sub` or `user_id` alone is enough. Else `unauthenticated` with
/// "Invalid or expired token", or "Invalid token payload" when the token is
/// good but names nobody.
caf::expected<claims> verify_jwt(const signing_keys& keys,
                                 std::string_view token, int64_t now,
                                 token_type type);

} // namespace callboard
