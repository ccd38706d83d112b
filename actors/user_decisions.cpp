#include "actors/user_decisions.hpp"

#include "protocols/error.hpp"
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

caf::expected<user> present(int64_t id, const facts<user>& now) {
  if (now.rows.empty())
    return caf::make_error(errc::not_found,
                           "User " + std::to_string(id) + " not found");
  return now.rows.front();
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

decision<user> rehashed(int64_t id, std::string old_hash,
                        std::string new_hash) {
  return [id, old_hash = std::move(old_hash), new_hash = std::move(new_hash)](
             const facts<user>& now) -> caf::expected<outcome<user>> {
    auto row = present(id, now);
    if (!row)
      return row.error();
    if (row->hashed_password != old_hash) // somebody else was faster
      return caf::make_error(errc::conflict,
                             std::string{"The password was changed meanwhile"});
    row->hashed_password = new_hash;
    row->updated_at = now.now;
    return outcome<user>{{std::move(*row)}};
  };
}

} // namespace callboard::actors
