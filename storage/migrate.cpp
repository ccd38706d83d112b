#include "storage/migrate.hpp"

#include "protocols/call.hpp"
#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "storage/adopt.hpp"
#include "storage/transact.hpp"

#include <caf/all.hpp>

namespace callboard::storage {

namespace {

using files = std::span<const migration>;

/// Large tables take their time; the operator waits for the start anyway.
constexpr std::chrono::minutes patience{60};

/// "callbrd" as bytes: one key for all versions of the program.
constexpr const char* take_lock
    = "SELECT pg_advisory_xact_lock(27976722012926564)";

caf::error refusal(std::string text) {
  return caf::make_error(errc::conflict, std::move(text));
}

std::string title(const migration& x) {
  auto number = std::to_string(x.version);
  return std::string(4 - std::min<size_t>(number.size(), 4), '0') + number + '_'
         + std::string{x.name};
}

caf::error create_ledger(connection& db) {
  bool sqlite = db.dialect() == dialect_kind::sqlite;
  auto sized = [&](const std::string& name, int size) {
    return sqlite ? name + " text NOT NULL"
                  : name + " varchar(" + std::to_string(size) + ") NOT NULL";
  };
  return db.execute(
      "CREATE TABLE schema_migrations (version integer PRIMARY "
      "KEY, "
      + sized("name", 100) + ", " + sized("checksum", 64) + ", "
      + sized("program", 50) + ", applied_at "
      + (sqlite ? "integer NOT NULL) STRICT" : "timestamptz(3) NOT NULL)"));
}

caf::expected<bool> has_ledger(connection& db) {
  auto found
      = db.query(db.dialect() == dialect_kind::sqlite
                     ? "SELECT count(*) > 0 FROM sqlite_schema WHERE name = "
                       "'schema_migrations'"
                     : "SELECT to_regclass('schema_migrations') IS NOT NULL",
                 {}, {{cell_kind::boolean}});
  if (!found)
    return found.error();
  return (*found)[0][0] == cell{true};
}

/// How many of the files ran; refuses a history that is not theirs.
caf::expected<size_t> applied(connection& db, files all) {
  auto found = db.query("SELECT version, checksum FROM schema_migrations ORDER "
                        "BY version",
                        {}, {{cell_kind::integer, cell_kind::text}});
  if (!found)
    return found.error();
  for (size_t i = 0; i < found->size(); ++i) {
    auto version = std::get<int64_t>((*found)[i][0]);
    if (version > static_cast<int64_t>(all.size()))
      return refusal("the database has schema version "
                     + std::to_string(std::get<int64_t>(found->back()[0]))
                     + ", this program knows " + std::to_string(all.size())
                     + ": start a newer program, or restore a backup");
    if (version != all[i].version
        || std::get<std::string>((*found)[i][1]) != all[i].checksum)
      return refusal("migration " + title(all[i])
                     + " is not the one that this database ran");
  }
  return found->size();
}

caf::error note(connection& db, const migration& x) {
  std::vector<cell> params{x.version, std::string{x.name},
                           std::string{x.checksum},
                           std::string{CALLBOARD_VERSION}};
  auto done = db.query("INSERT INTO schema_migrations (version, name, "
                       "checksum, program, applied_at) VALUES ($1, $2, $3, "
                       "$4, "
                           + current_time(db.dialect()) + ')',
                       params, {});
  return done ? caf::error{} : done.error();
}

caf::error run_first(connection& db, const migration& x) {
  auto adopts = is_adoptable(db);
  if (!adopts)
    return adopts.error();
  if (*adopts)
    if (auto err = set_aside(db))
      return err;
  if (auto err = db.execute(std::string{x.script}))
    return err;
  if (!*adopts)
    return caf::none;
  log::info("database", "taking over an existing database");
  return take_over(db);
}

/// The next file, if there is one. @returns whether there was.
caf::expected<bool> step(connection& db, files all) {
  if (db.dialect() == dialect_kind::postgres)
    if (auto locked = db.query(take_lock, {}, {}); !locked)
      return locked.error();
  auto begun = has_ledger(db);
  if (!begun)
    return begun.error();
  if (!*begun)
    if (auto err = create_ledger(db))
      return err;
  auto done = applied(db, all);
  if (!done)
    return done.error();
  if (*done == all.size())
    return false;
  auto& next = all[*done];
  auto err
      = *begun ? db.execute(std::string{next.script}) : run_first(db, next);
  if (!err)
    err = note(db, next);
  if (!err)
    return true;
  if (classify(err) == errc::internal) // the operator reads it, no client
    return refusal("migration " + title(next) + " failed: " + detail(err));
  return err;
}

} // namespace

caf::error migrate(connection& db) {
  return migrate(db, migrations(db.dialect()));
}

caf::error migrate(connection& db, files all) {
  if (auto err = db.ping())
    return err; // with the driver's own words
  for (bool more = true; more;) {
    auto ran = transact<bool>(db, deadline_in(patience), lock_wait::patient,
                              [&] { return step(db, all); });
    if (!ran)
      return ran.error();
    more = *ran;
  }
  db.close(); // statements that were prepared meet other tables now
  return caf::none;
}

} // namespace callboard::storage
