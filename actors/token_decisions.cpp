#include "actors/token_decisions.hpp"

#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "protocols/realtime.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

using tokens = std::vector<refresh_token>;

caf::error refused(const char* text) {
  return caf::make_error(errc::unauthenticated, std::string{text});
}

const refresh_token* with_hash(const tokens& rows, const std::string& hash) {
  auto i = std::find_if(rows.begin(), rows.end(),
                        [&](auto& x) { return x.token == hash; });
  return i == rows.end() ? nullptr : &*i;
}

refresh_token closed(refresh_token row, timestamp at) {
  row.revoked = true;
  row.revoked_at = at;
  return row;
}

event ends_family(const refresh_token& row, timestamp at) {
  return access_revoked({row.user_id, false, {}, {row.family_id}}, at);
}

bool live(const refresh_token& row, timestamp at) {
  return !row.revoked && row.expires_at > at;
}

/// The successor of a row whose answer may have been lost: asked again soon,
/// by the same client, and the successor not yet used.
const refresh_token* lost_answer(const call& ctx, const tokens& rows,
                                 const refresh_token& old, timestamp at) {
  if (!old.replaced_at || at - *old.replaced_at > repeat_window
      || old.user_agent.value_or("") != ctx.user_agent
      || old.ip_address.value_or("") != ctx.address)
    return nullptr;
  auto next = std::find_if(rows.begin(), rows.end(), [&](auto& x) {
    return x.previous_token == old.token && live(x, at);
  });
  return next == rows.end() ? nullptr : &*next;
}

outcome<refresh_token> revoked_family(const call& ctx, const tokens& rows,
                                      const refresh_token& old, timestamp at) {
  log::warning("tokens", "a revoked refresh token was used again",
               {{"request_id", ctx.request_id},
                {"user_id", old.user_id},
                {"client_ip", ctx.address}});
  outcome<refresh_token> out;
  for (auto& row : rows)
    if (row.family_id == old.family_id && !row.revoked)
      out.rows.push_back(closed(row, at));
  if (!out.rows.empty()) // else it was told before
    out.events.push_back(ends_family(old, at));
  out.refusal = refused("Refresh token not found or revoked");
  return out;
}

} // namespace

decision<refresh_token> issued(refresh_token row) {
  return [row = std::move(row)](const facts<refresh_token>& now)
             -> caf::expected<outcome<refresh_token>> {
    auto next = row;
    next.id = now.new_id;
    return outcome<refresh_token>{{std::move(next)}};
  };
}

decision<refresh_token> rotated(call ctx, std::string hash,
                                refresh_token successor) {
  return [ctx = std::move(ctx), hash = std::move(hash),
          successor = std::move(successor)](const facts<refresh_token>& now)
             -> caf::expected<outcome<refresh_token>> {
    auto* old = with_hash(now.rows, hash);
    if (old == nullptr)
      return refused("Refresh token not found or revoked");
    if (old->revoked) {
      if (auto* next = lost_answer(ctx, now.rows, *old, now.now))
        return outcome<refresh_token>{{*next}};
      return revoked_family(ctx, now.rows, *old, now.now);
    }
    if (old->expires_at <= now.now)
      return refused("Refresh token expired");
    auto next = successor;
    next.id = now.new_id;
    next.user_id = old->user_id;
    next.family_id = old->family_id;
    next.previous_token = old->token;
    auto before = closed(*old, now.now);
    before.replaced_at = now.now;
    return outcome<refresh_token>{{std::move(next), std::move(before)}};
  };
}

decision<refresh_token> revoked(call ctx, std::string hash) {
  return [ctx = std::move(ctx),
          hash = std::move(hash)](const facts<refresh_token>& now)
             -> caf::expected<outcome<refresh_token>> {
    auto* row = with_hash(now.rows, hash);
    if (row == nullptr || row->user_id != ctx.user_id || !live(*row, now.now))
      return outcome<refresh_token>{};
    return outcome<refresh_token>{{closed(*row, now.now)},
                                  {ends_family(*row, now.now)}};
  };
}

decision<refresh_token> revoked_id(call ctx, int64_t id) {
  return [ctx = std::move(ctx), id](const facts<refresh_token>& now)
             -> caf::expected<outcome<refresh_token>> {
    // A foreign session is not found: ids of others are nobody's business.
    if (now.rows.empty() || now.rows.front().id != id
        || now.rows.front().user_id != ctx.user_id
        || !live(now.rows.front(), now.now))
      return caf::make_error(errc::not_found, std::string{"Session not found"});
    return outcome<refresh_token>{{closed(now.rows.front(), now.now)},
                                  {ends_family(now.rows.front(), now.now)}};
  };
}

decision<refresh_token> revoked_all(const call& ctx, std::string keep) {
  return [user_id = ctx.user_id,
          keep = std::move(keep)](const facts<refresh_token>& now)
             -> caf::expected<outcome<refresh_token>> {
    outcome<refresh_token> out;
    // Access tokens may outlive the rows: told in any case.
    out.events.push_back(access_revoked({user_id, true, keep, {}}, now.now));
    for (auto& row : now.rows)
      if (live(row, now.now) && row.family_id != keep)
        out.rows.push_back(closed(row, now.now));
    return out;
  };
}

std::vector<refresh_token> closed_sessions(const row_map<refresh_token>& all,
                                           int64_t user_id, timestamp at,
                                           const std::string& keep) {
  std::vector<refresh_token> out;
  for (auto& [id, row] : all)
    if (row.user_id == user_id && live(row, at) && row.family_id != keep)
      out.push_back(closed(row, at));
  return out;
}

} // namespace callboard::actors
