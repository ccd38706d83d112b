// What may happen to refresh tokens: plain functions, run inside the
// transaction (behaviour.md section 1, data-model.md refresh_tokens).
#pragma once

#include "protocols/store.hpp"

#include <chrono>
#include <string>

namespace callboard::actors {

/// How long the answer of a rotation can be asked for again.
inline constexpr std::chrono::seconds repeat_window{10};

/// Stores the token of a new login.
decision<refresh_token> issued(refresh_token row);

/// Rotation of the row with this hash; see `token_repository_actor`.
decision<refresh_token> rotated(call ctx, std::string hash,
                                refresh_token successor);

/// Revokes the caller's live row with this hash; no rows if there is none.
decision<refresh_token> revoked(call ctx, std::string hash);

/// Revokes the caller's live row with this id, else `not_found`.
decision<refresh_token> revoked_id(call ctx, int64_t id);

/// Revokes all of the caller's live rows but the family `keep` (may be empty).
decision<refresh_token> revoked_all(const call& ctx, std::string keep);

/// The user's live rows but the family `keep` (may be empty), revoked.
std::vector<refresh_token> closed_sessions(const row_map<refresh_token>& all,
                                           int64_t user_id, timestamp at,
                                           const std::string& keep = {});

} // namespace callboard::actors
