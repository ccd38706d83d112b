// The pair of tokens that a login or a rotation gives out (behaviour.md
// section 1).
#pragma once

#include "net/services.hpp"

#include <string>

namespace callboard::net {

/// The row of a new refresh token for `account`; its `token` is the hash of
/// what `refresh_token_of` signs. `jti` and `family`: fresh for a login.
refresh_token new_token_row(const edge_settings& settings, const user& account,
                            const call& ctx, std::string jti,
                            std::string family);

/// The signed refresh token of a row; the same row gives the same bytes.
std::string refresh_token_of(const edge_settings& settings, const user& account,
                             const refresh_token& row);

/// `access_token`, `refresh_token`, `token_type`, `expires_in` as members of
/// a JSON object, all derived from the row.
std::string token_members(const edge_settings& settings, const user& account,
                          const refresh_token& row);

/// The schema of these members.
object_schema token_schema();

} // namespace callboard::net
