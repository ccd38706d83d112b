#include "actors/user_decisions.hpp"

#include "actors/token_decisions.hpp"
#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/realtime.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

caf::error taken(const user& wanted, const std::vector<user>& rows) {
  auto refuse = [](const char* text) {
    return caf::make_error(errc::bad_request, std::string{text});
  };
  for (auto& row : rows)
    if (row.username == wanted.username)
      return refuse("Username already registered");
  for (auto& row : rows)
    if (row.email_folded == wanted.email_folded)
      return refuse("Email already registered");
  return caf::none;
}

user completed(user row, const facts<user>& now) {
  row.id = now.new_id;
  row.created_at = now.now;
  return row;
}

/// The row, which may be one of several that were looked at.
caf::expected<user> present(int64_t id, const facts<user>& now) {
  for (auto& row : now.rows)
    if (row.id == id)
      return row;
  return caf::make_error(errc::not_found,
                         "User " + std::to_string(id) + " not found");
}

bool is_active_admin(const user& x) {
  return x.as == role::admin && x.is_active;
}

/// Somebody must be able to look after the accounts.
caf::error refuse_last_admin(const user& leaving, const facts<user>& now) {
  auto stays
      = [&](auto& x) { return x.id != leaving.id && is_active_admin(x); };
  if (!is_active_admin(leaving)
      || std::any_of(now.rows.begin(), now.rows.end(), stays))
    return caf::none;
  return caf::make_error(errc::conflict,
                         std::string{"The last active admin must stay one"});
}

/// The row with a new password; whoever knew the old one is out.
outcome<user> with_password(user row, const std::string& hash,
                            const facts<user>& now, const std::string& keep) {
  row.hashed_password = hash;
  row.reset_code.reset();
  row.reset_expires_at.reset();
  row.updated_at = now.now;
  outcome<user> out;
  out.also<refresh_token>()
      = closed_sessions(now.all<refresh_token>(), row.id, now.now, keep);
  out.events.push_back(access_revoked({row.id, true, keep, {}}, now.now));
  out.rows.push_back(std::move(row));
  return out;
}

} // namespace

decision<user> registered(user given) {
  return [given = std::move(given)](
             const facts<user>& now) -> caf::expected<outcome<user>> {
    if (auto err = taken(given, now.rows))
      return err;
    return outcome<user>{{completed(given, now)}};
  };
}

decision<user> first_admin(user given) {
  given.as = role::admin;
  return [given = std::move(given)](
             const facts<user>& now) -> caf::expected<outcome<user>> {
    auto admin = [](auto& x) { return x.as == role::admin; };
    if (std::any_of(now.rows.begin(), now.rows.end(), admin))
      return outcome<user>{};
    return outcome<user>{{completed(given, now)}};
  };
}

decision<user> profiled(int64_t id, patch<user> changes) {
  return [id, changes = std::move(changes)](
             const facts<user>& now) -> caf::expected<outcome<user>> {
    auto row = present(id, now);
    if (!row)
      return row.error();
    auto next = apply(changes, *row);
    if (next.full_name == row->full_name && next.bio == row->bio
        && next.avatar_url == row->avatar_url)
      return outcome<user>{{*row}};
    next.updated_at = now.now;
    return outcome<user>{{std::move(next)}};
  };
}

decision<user> logged_in(int64_t id) {
  return [id](const facts<user>& now) -> caf::expected<outcome<user>> {
    auto row = present(id, now);
    if (!row)
      return row.error();
    row->last_login = now.now;
    return outcome<user>{{std::move(*row)}};
  };
}

decision<user> rehashed(int64_t id, std::string old_hash, std::string new_hash,
                        std::string keep) {
  return [id, old_hash = std::move(old_hash), new_hash = std::move(new_hash),
          keep = std::move(keep)](
             const facts<user>& now) -> caf::expected<outcome<user>> {
    auto row = present(id, now);
    if (!row)
      return row.error();
    if (row->hashed_password != old_hash) // somebody else was faster
      return caf::make_error(errc::conflict,
                             std::string{"The password was changed meanwhile"});
    return with_password(std::move(*row), new_hash, now, keep);
  };
}

decision<user> adjusted(int64_t id, patch<account_change> changes) {
  return [id, changes](const facts<user>& now) -> caf::expected<outcome<user>> {
    auto row = present(id, now);
    if (!row)
      return row.error();
    auto next = *row;
    if (changes.has(&account_change::as))
      next.as = changes.values.as;
    if (changes.has(&account_change::is_active))
      next.is_active = changes.values.is_active;
    if (!is_active_admin(next))
      if (auto err = refuse_last_admin(*row, now))
        return err;
    outcome<user> out;
    if (next.as != row->as || next.is_active != row->is_active) {
      next.updated_at = now.now;
      // Another role is another audience: connections begin anew.
      if (row->is_active)
        out.events.push_back(access_revoked({id, true, {}, {}}, now.now));
    }
    if (!next.is_active)
      out.also<refresh_token>()
          = closed_sessions(now.all<refresh_token>(), id, now.now);
    out.rows.push_back(std::move(next));
    return out;
  };
}

decision<user> reset_offered(int64_t id, std::string code, timestamp until) {
  return [id, code = std::move(code),
          until](const facts<user>& now) -> caf::expected<outcome<user>> {
    auto row = present(id, now);
    if (!row)
      return row.error();
    if (!row->is_active)
      return caf::make_error(errc::conflict,
                             std::string{"User account is inactive"});
    row->reset_code = code;
    row->reset_expires_at = until;
    row->updated_at = now.now;
    return outcome<user>{{std::move(*row)}};
  };
}

decision<user> reset_used(std::string code, std::string new_hash) {
  return [code = std::move(code), new_hash = std::move(new_hash)](
             const facts<user>& now) -> caf::expected<outcome<user>> {
    if (now.rows.empty() || !now.rows.front().is_active
        || !now.rows.front().reset_code
        || !constant_time_equal(*now.rows.front().reset_code, code)
        || now.rows.front().reset_expires_at.value_or(timestamp{}) <= now.now)
      return caf::make_error(errc::bad_request,
                             std::string{"Invalid or expired reset code"});
    return with_password(now.rows.front(), new_hash, now, {});
  };
}

decision<user> erased(int64_t id) {
  return [id](const facts<user>& now) -> caf::expected<outcome<user>> {
    auto row = present(id, now);
    if (!row)
      return row.error();
    if (auto err = refuse_last_admin(*row, now))
      return err;
    user next;
    next.id = id;
    next.created_at = row->created_at;
    next.updated_at = now.now;
    // No registration can have such a name or address: both have a bad form.
    next.username = next.email = next.email_folded
        = "erased." + std::to_string(id);
    next.hashed_password = "!"; // fits no password
    next.is_active = false;
    outcome<user> out;
    out.rows.push_back(std::move(next));
    out.events = {access_revoked({id, true, {}, {}}, now.now),
                  account_erased(id, now.now)};
    out.erases = true;
    return out;
  };
}

} // namespace callboard::actors
