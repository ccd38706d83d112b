#include "storage/adopt.hpp"

#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/unicode.hpp"

#include <caf/all.hpp>

namespace callboard::storage {

namespace {

constexpr int64_t page_size = 1000; ///< [rows] in memory at once

bool is_sqlite(const connection& db) {
  return db.dialect() == dialect_kind::sqlite;
}

std::string old_table(const connection& db, std::string_view name) {
  return (is_sqlite(db) ? "adopted_" : "callboard_adopted.")
         + std::string{name};
}

/// True if the first cell of the first row is.
caf::expected<bool> ask(connection& db, const std::string& text) {
  auto found = db.query(text, {}, {{cell_kind::boolean}});
  if (!found)
    return found.error();
  return (*found)[0][0] == cell{true};
}

caf::expected<bool> has_table(connection& db, const std::string& name) {
  return ask(db, is_sqlite(db)
                     ? "SELECT count(*) > 0 FROM sqlite_schema WHERE type = "
                       "'table' AND name = '"
                           + name + '\''
                     : "SELECT to_regclass('" + name + "') IS NOT NULL");
}

// -- setting aside
// ---------------------------------------------------------------

caf::error set_aside_postgres(connection& db, bool has_tokens) {
  auto has_type = ask(db, "SELECT to_regtype('userrole') IS NOT NULL");
  if (!has_type)
    return has_type.error();
  std::string script = "CREATE SCHEMA callboard_adopted; "
                       "ALTER TABLE users SET SCHEMA callboard_adopted;";
  if (has_tokens)
    script += "ALTER TABLE refresh_tokens SET SCHEMA callboard_adopted;";
  if (*has_type)
    script += "ALTER TYPE userrole SET SCHEMA callboard_adopted;";
  return db.execute(script);
}

/// Their indexes keep their names, which the new tables want.
caf::error set_aside_sqlite(connection& db, bool has_tokens) {
  auto indexes = db.query("SELECT name FROM sqlite_schema WHERE type = 'index' "
                          "AND sql IS NOT NULL AND tbl_name IN ('users', "
                          "'refresh_tokens')",
                          {}, {{cell_kind::text}});
  if (!indexes)
    return indexes.error();
  // What is dropped held tokens in plain text: overwrite it.
  std::string script = "PRAGMA secure_delete = ON;";
  for (auto& row : *indexes)
    script += "DROP INDEX \"" + std::get<std::string>(row[0]) + "\";";
  script += "ALTER TABLE users RENAME TO adopted_users;";
  if (has_tokens)
    script += "ALTER TABLE refresh_tokens RENAME TO adopted_refresh_tokens;";
  return db.execute(script);
}

// -- copying
// ----------------------------------------------------------------------

/// The old databases disagree about the type of a time; as text they are alike.
cell time_of(const cell& text) {
  if (auto* x = std::get_if<std::string>(&text))
    if (auto time = from_postgres_text(*x, cell_kind::timestamp))
      return *time;
  return null_t{};
}

cell time_or_now(const cell& text) {
  auto time = time_of(text);
  return is_null(time) ? cell{now()} : time;
}

/// Calls `use(row)` for each row of `select ... WHERE id > $1 ...`, by id.
template <class F>
caf::error for_each(connection& db, const std::string& select,
                    std::span<const cell_kind> kinds, F&& use) {
  auto text = select + " WHERE id > $1 ORDER BY id LIMIT "
              + std::to_string(page_size);
  std::vector<cell> last{int64_t{-1}};
  for (;;) {
    auto page = db.query(text, last, kinds);
    if (!page)
      return page.error();
    for (auto& row : *page)
      if (auto err = use(row))
        return err;
    if (page->size() < page_size)
      return caf::none;
    last[0] = page->back()[0];
  }
}

caf::error copy_users(connection& db) {
  using enum cell_kind;
  constexpr std::array kinds{integer, text, text, text, text, boolean, boolean,
                             text,    text, text, text, text, text};
  auto select = "SELECT id, username, email, hashed_password, "
                "lower(CAST(role AS text)), is_active, is_verified, "
                "CAST(created_at AS text), CAST(updated_at AS text), "
                "CAST(last_login AS text), full_name, bio, avatar_url FROM "
                + old_table(db, "users");
  return for_each(db, select, kinds, [&](record& x) -> caf::error {
    auto& email = std::get<std::string>(x[2]);
    std::vector<cell> params{x[0],
                             x[1],
                             x[2],
                             fold_case(email),
                             x[3],
                             x[4],
                             x[5],
                             x[6],
                             time_or_now(x[7]),
                             time_of(x[8]),
                             time_of(x[9]),
                             x[10],
                             x[11],
                             x[12]};
    auto done = db.query(
        "INSERT INTO users (id, username, email, email_folded, "
        "hashed_password, "
        "role, is_active, is_verified, created_at, updated_at, last_login, "
        "full_name, bio, avatar_url) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
        "$9, "
        "$10, $11, $12, $13, $14)",
        params, {});
    if (!done && detail(done.error()) == "users_email_folded_key")
      return caf::make_error(
          errc::conflict, "two accounts have the address " + email
                              + " apart from case; change one of them first");
    return done ? caf::error{} : done.error();
  });
}

caf::error copy_tokens(connection& db) {
  using enum cell_kind;
  constexpr std::array kinds{integer, integer, text, text, text,
                             boolean, text,    text, text};
  auto select = "SELECT id, user_id, token, CAST(expires_at AS text), "
                "CAST(created_at AS text), revoked, CAST(revoked_at AS text), "
                "user_agent, ip_address FROM "
                + old_table(db, "refresh_tokens");
  return for_each(db, select, kinds, [&](record& x) -> caf::error {
    std::vector<cell> params{x[0],
                             x[1],
                             sha256_hex(std::get<std::string>(x[2])),
                             time_or_now(x[3]),
                             time_or_now(x[4]),
                             x[5],
                             time_of(x[6]),
                             x[7],
                             x[8],
                             uuid4()};
    auto done = db.query("INSERT INTO refresh_tokens (id, user_id, token, "
                         "expires_at, created_at, "
                         "revoked, revoked_at, user_agent, ip_address, "
                         "family_id) VALUES ($1, $2, "
                         "$3, $4, $5, $6, $7, $8, $9, $10)",
                         params, {});
    return done ? caf::error{} : done.error();
  });
}

/// The next id is one that was never given.
caf::error advance_identities(connection& db) {
  if (is_sqlite(db))
    return caf::none; // AUTOINCREMENT saw the ids
  for (std::string table : {"users", "refresh_tokens"}) {
    auto done = db.query("SELECT setval(pg_get_serial_sequence('" + table
                             + "', 'id'), max(id)) FROM " + table
                             + " HAVING count(*) > 0",
                         {}, {});
    if (!done)
      return done.error();
  }
  return caf::none;
}

caf::error drop_old(connection& db, bool has_tokens) {
  std::string script;
  if (has_tokens)
    script += "DROP TABLE " + old_table(db, "refresh_tokens") + ';';
  script += "DROP TABLE " + old_table(db, "users") + ';';
  if (!is_sqlite(db))
    script += "DROP TYPE IF EXISTS callboard_adopted.userrole; "
              "DROP SCHEMA callboard_adopted;";
  return db.execute(script);
}

} // namespace

caf::expected<bool> is_adoptable(connection& db) {
  return has_table(db, "users");
}

caf::error set_aside(connection& db) {
  auto has_tokens = has_table(db, "refresh_tokens");
  if (!has_tokens)
    return has_tokens.error();
  return is_sqlite(db) ? set_aside_sqlite(db, *has_tokens)
                       : set_aside_postgres(db, *has_tokens);
}

caf::error take_over(connection& db) {
  auto has_tokens = has_table(db, old_table(db, "refresh_tokens"));
  if (!has_tokens)
    return has_tokens.error();
  if (auto err = copy_users(db))
    return err;
  if (*has_tokens)
    if (auto err = copy_tokens(db))
      return err;
  if (auto err = advance_identities(db))
    return err;
  return drop_old(db, *has_tokens);
}

} // namespace callboard::storage
