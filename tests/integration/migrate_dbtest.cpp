#define CAF_SUITE migrate

#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "storage/migrate.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <future>
#include <set>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;

namespace {

using files = std::vector<migration>;

files own_files(dialect_kind dialect) {
  auto all = migrations(dialect);
  return {all.begin(), all.end()};
}

/// The program's files and one more.
files with_another(dialect_kind dialect, std::string_view script) {
  auto all = own_files(dialect);
  all.push_back(
      {static_cast<int64_t>(all.size()) + 1, "another", "checksum", script});
  return all;
}

int64_t versions(connection& db) {
  return number_of(db, "SELECT count(*) FROM schema_migrations");
}

std::set<std::string> texts(connection& db, const std::string& query) {
  auto found = db.query(query, {}, {{cell_kind::text}});
  CAF_REQUIRE(found);
  std::set<std::string> out;
  for (auto& row : *found)
    out.insert(std::get<std::string>(row[0]));
  return out;
}

/// `table.column`, with ` NULL` if it may be null.
std::set<std::string> columns(const test_database& place) {
  auto db = place.connect();
  if (!place.sqlite())
    return texts(*db, "SELECT table_name || '.' || column_name || CASE "
                      "is_nullable WHEN 'YES' THEN ' NULL' ELSE '' END FROM "
                      "information_schema.columns WHERE table_schema = "
                      "'public' AND column_name <> 'tsv'");
  return texts(*db, "SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" "
                    "OR c.pk THEN '' ELSE ' NULL' END FROM sqlite_schema t, "
                    "pragma_table_info(t.name) c WHERE t.type = 'table' AND "
                    "t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '%fts%'");
}

/// `name: column, column` of every index that is no constraint nor of texts; an
/// expression has the name of its function.
std::set<std::string> indexes(const test_database& place) {
  auto db = place.connect();
  if (!place.sqlite())
    return texts(
        *db, "SELECT c.relname || ': ' || (SELECT string_agg(a.attname, ', ' "
             "ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid) "
             "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
             "WHERE c.relkind = 'i' AND n.nspname = 'public' AND c.relam <> "
             "(SELECT oid FROM pg_am WHERE amname = 'gin') AND NOT EXISTS "
             "(SELECT 1 FROM "
             "pg_constraint k WHERE k.conindid = c.oid AND k.contype <> 'f')");
  return texts(*db, "SELECT i.name || ': ' || (SELECT "
                    "group_concat(coalesce(name, 'coalesce'), ', ') "
                    "FROM pragma_index_info(i.name)) FROM sqlite_schema i "
                    "WHERE i.type = 'index' AND i.sql IS NOT NULL");
}

// The old dashboard's tables as its migration and its ORM make them.
constexpr const char* old_postgres = R"(
CREATE TYPE userrole AS ENUM ('admin', 'user');
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('001');
CREATE TABLE users (
  id serial PRIMARY KEY, username varchar(50) NOT NULL,
  email varchar(255) NOT NULL, hashed_password varchar(255) NOT NULL,
  role userrole NOT NULL DEFAULT 'user', is_active boolean NOT NULL DEFAULT true,
  is_verified boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
  last_login timestamptz, full_name varchar(100), bio text,
  avatar_url varchar(500));
CREATE UNIQUE INDEX ix_users_username ON users (username);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE TABLE refresh_tokens (
  id serial PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token varchar(500) NOT NULL, expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked boolean NOT NULL DEFAULT false, revoked_at timestamptz,
  user_agent varchar(500), ip_address varchar(45));
CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);
CREATE UNIQUE INDEX ix_refresh_tokens_token ON refresh_tokens (token);)";

constexpr const char* old_sqlite = R"(
CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('001');
CREATE TABLE users (
  id INTEGER NOT NULL PRIMARY KEY, username VARCHAR(50) NOT NULL,
  email VARCHAR(255) NOT NULL, hashed_password VARCHAR(255) NOT NULL,
  role VARCHAR(5) NOT NULL, is_active BOOLEAN NOT NULL,
  is_verified BOOLEAN NOT NULL, created_at DATETIME NOT NULL,
  updated_at DATETIME, last_login DATETIME, full_name VARCHAR(100), bio TEXT,
  avatar_url VARCHAR(500));
CREATE UNIQUE INDEX ix_users_username ON users (username);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE TABLE refresh_tokens (
  id INTEGER NOT NULL PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token VARCHAR(500) NOT NULL, expires_at DATETIME NOT NULL,
  created_at DATETIME NOT NULL, revoked BOOLEAN NOT NULL, revoked_at DATETIME,
  user_agent VARCHAR(500), ip_address VARCHAR(45));
CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);
CREATE UNIQUE INDEX ix_refresh_tokens_token ON refresh_tokens (token);)";

void fill_old(const test_database& place, connection& db) {
  run(db, place.pick(old_postgres, old_sqlite));
  auto yes = place.pick("true", "1");
  auto no = place.pick("false", "0");
  run(db,
      "INSERT INTO users (id, username, email, hashed_password, role, "
      "is_active, is_verified, created_at, updated_at, full_name) VALUES "
      "(3, 'anna', 'Anna@Example.COM', 'hash-a', 'admin', "
          + yes + ", " + yes
          + ", '2025-11-09 09:00:00.123999', '2025-11-10 00:00:00', "
            "'Anna ''A'''), (7, 'bob', 'bob@example.com', 'hash-b', 'user', "
          + no + ", " + no + ", '2024-02-29 23:59:59', NULL, NULL)");
  run(db, "INSERT INTO refresh_tokens (id, user_id, token, expires_at, "
          "created_at, revoked, user_agent, ip_address) VALUES "
          "(11, 3, 'plain.token.one', '2030-01-01 00:00:00', '2025-11-09 "
          "09:00:00', "
              + no
              + ", 'agent', '10.0.0.1'), (12, 7, 'plain.token.two', "
                "'2030-01-01 00:00:00', '2025-11-09 09:00:00', "
              + yes + ", NULL, NULL)");
}

} // namespace

CAF_TEST(the embedded files are those of the source and numbered from one) {
  for (auto dialect : {dialect_kind::postgres, dialect_kind::sqlite}) {
    int64_t expected = 0;
    for (auto& x : migrations(dialect)) {
      CAF_CHECK_EQUAL(x.version, ++expected);
      CAF_CHECK_EQUAL(x.checksum, sha256_hex(x.script));
    }
    CAF_CHECK(expected > 0);
  }
  CAF_CHECK_EQUAL(migrations(dialect_kind::postgres).size(),
                  migrations(dialect_kind::sqlite).size());
}

CAF_TEST(migrating twice changes nothing) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    CAF_REQUIRE(!migrate(*db));
    auto epoch = text_of(*db, "SELECT epoch FROM event_stream");
    auto n = versions(*db);
    CAF_REQUIRE(!migrate(*db));
    CAF_CHECK_EQUAL(text_of(*db, "SELECT epoch FROM event_stream"), epoch);
    CAF_CHECK_EQUAL(versions(*db), n);
    CAF_CHECK(is_uuid(epoch));
    CAF_CHECK_EQUAL(number_of(*db, "SELECT position FROM event_position"), 0);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT pruned_to FROM event_stream"), 0);
    CAF_CHECK_EQUAL(text_of(*db, "SELECT program FROM schema_migrations"),
                    CALLBOARD_VERSION);
  });
}

CAF_TEST(two processes that migrate at once both succeed) {
  on_both(content::empty, [](auto& place) {
    auto run_it = [&] { return migrate(*place.connect()); };
    if (place.sqlite())
      CAF_REQUIRE(!place.connect()->ping()); // WAL before there are two
    auto other = std::async(std::launch::async, run_it);
    CAF_CHECK_EQUAL(run_it(), caf::none);
    CAF_CHECK_EQUAL(other.get(), caf::none);
    CAF_CHECK_EQUAL(versions(*place.connect()),
                    static_cast<int64_t>(migrations(place.dialect()).size()));
  });
}

CAF_TEST(a later file runs alone) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto all = with_another(place.dialect(), "CREATE TABLE later (x integer);");
    CAF_REQUIRE(!migrate(*db, all));
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM later"), 0);
    CAF_CHECK_EQUAL(versions(*db), static_cast<int64_t>(all.size()));
  });
}

CAF_TEST(a file that fails leaves nothing behind and says which) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto all = with_another(place.dialect(), "CREATE TABLE later (x integer); "
                                             "INSERT INTO nowhere VALUES (1);");
    auto err = migrate(*db, all);
    CAF_REQUIRE(err);
    CAF_CHECK_EQUAL(classify(err), errc::conflict);
    CAF_CHECK(detail(err).find("_another failed") != std::string::npos);
    CAF_CHECK(detail(err).find("nowhere") != std::string::npos);
    CAF_CHECK(!db->query("SELECT * FROM later", {}, {}));
    CAF_CHECK_EQUAL(versions(*db), static_cast<int64_t>(all.size()) - 1);
  });
}

CAF_TEST(a file that was changed after it ran is refused) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto all = own_files(place.dialect());
    all[0].checksum = "another";
    auto err = migrate(*db, all);
    CAF_REQUIRE(err);
    CAF_CHECK_EQUAL(classify(err), errc::conflict);
    CAF_CHECK_EQUAL(detail(err), "migration 0001_first_schema is not the one "
                                 "that this database ran");
  });
}

CAF_TEST(a schema newer than the program is refused) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    run(*db, "INSERT INTO schema_migrations VALUES (99, 'x', 'x', '9.0', "
                 + current_time(place.dialect()) + ")");
    auto err = migrate(*db);
    CAF_REQUIRE(err);
    CAF_CHECK_EQUAL(classify(err), errc::conflict);
    CAF_CHECK(detail(err).find("schema version 99") != std::string::npos);
  });
}

CAF_TEST(a foreign table in the way is refused and kept) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    run(*db, "CREATE TABLE projects (mine integer); INSERT INTO projects "
             "VALUES (5)");
    auto err = migrate(*db);
    CAF_REQUIRE(err);
    CAF_CHECK_EQUAL(classify(err), errc::conflict);
    CAF_CHECK(detail(err).find("projects") != std::string::npos);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT mine FROM projects"), 5);
    CAF_CHECK(!db->query("SELECT * FROM users", {}, {}));
  });
}

CAF_TEST(an existing database is taken over with all its rows) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    fill_old(place, *db);
    CAF_REQUIRE_EQUAL(migrate(*db), caf::none);
    using enum cell_kind;
    auto users = db->query(
        "SELECT id, username, email, email_folded, hashed_password, role, "
        "is_active, is_verified, created_at, updated_at, last_login, full_name "
        "FROM users ORDER BY id",
        {},
        {{integer, text, text, text, text, text, boolean, boolean,
          cell_kind::timestamp, cell_kind::timestamp, cell_kind::timestamp,
          text}});
    CAF_REQUIRE(users);
    CAF_REQUIRE_EQUAL(users->size(), 2u);
    auto at = [](const char* x) { return cell{*parse_timestamp(x)}; };
    auto s = [](const char* x) { return cell{std::string{x}}; };
    CAF_CHECK(((*users)[0]
               == record{int64_t{3}, s("anna"), s("Anna@Example.COM"),
                         s("anna@example.com"), s("hash-a"), s("admin"), true,
                         true, at("2025-11-09T09:00:00.123Z"),
                         at("2025-11-10T00:00:00Z"), null_t{}, s("Anna 'A'")}));
    CAF_CHECK(
        ((*users)[1]
         == record{int64_t{7}, s("bob"), s("bob@example.com"),
                   s("bob@example.com"), s("hash-b"), s("user"), false, false,
                   at("2024-02-29T23:59:59Z"), null_t{}, null_t{}, null_t{}}));
    auto tokens = db->query(
        "SELECT id, user_id, token, expires_at, revoked, user_agent, "
        "family_id FROM refresh_tokens ORDER BY id",
        {},
        {{integer, integer, text, cell_kind::timestamp, boolean, text, text}});
    CAF_REQUIRE(tokens);
    CAF_REQUIRE_EQUAL(tokens->size(), 2u);
    auto& first = (*tokens)[0];
    CAF_CHECK(first[0] == cell{int64_t{11}});
    CAF_CHECK(first[1] == cell{int64_t{3}});
    CAF_CHECK(first[2] == cell{sha256_hex("plain.token.one")});
    CAF_CHECK(first[3] == at("2030-01-01T00:00:00Z"));
    CAF_CHECK(first[4] == cell{false});
    CAF_CHECK((*tokens)[1][4] == cell{true});
    CAF_CHECK(first[5] == s("agent"));
    CAF_CHECK(is_uuid(std::get<std::string>(first[6])));
    CAF_CHECK(first[6] != (*tokens)[1][6]);
    // Ids go on behind the old ones; what is not ours is left alone.
    run(*db, "INSERT INTO users (username, email, email_folded, "
             "hashed_password) VALUES ('c', 'c', 'c', 'c')");
    CAF_CHECK_EQUAL(number_of(*db, "SELECT max(id) FROM users"), 8);
    CAF_CHECK_EQUAL(text_of(*db, "SELECT version_num FROM alembic_version"),
                    "001");
    CAF_CHECK_EQUAL(migrate(*db), caf::none);
  });
}

CAF_TEST(a database that was taken over has the schema of a new one) {
  on_both(content::migrated, [](auto& fresh) {
    test_database old{fresh.dialect(), content::empty};
    auto db = old.connect();
    fill_old(old, *db);
    CAF_REQUIRE_EQUAL(migrate(*db), caf::none);
    run(*db, "DROP TABLE alembic_version");
    CAF_CHECK(columns(old) == columns(fresh));
    CAF_CHECK(indexes(old) == indexes(fresh));
    if (!old.sqlite())
      CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM pg_namespace WHERE "
                                     "nspname LIKE 'callboard%'"),
                      0);
  });
}

CAF_TEST(roles of the old ORM and roles as text are taken over) {
  test_database place{dialect_kind::postgres, content::empty};
  auto db = place.connect();
  fill_old(place, *db);
  run(*db, "ALTER TABLE users ALTER role DROP DEFAULT, ALTER role TYPE "
           "varchar(5) USING upper(role::text), ALTER created_at TYPE "
           "timestamp USING created_at AT TIME ZONE 'UTC'; "
           "DROP TYPE userrole; DROP TABLE refresh_tokens");
  CAF_REQUIRE_EQUAL(migrate(*db), caf::none);
  CAF_CHECK_EQUAL(text_of(*db, "SELECT role FROM users WHERE id = 3"), "admin");
  CAF_CHECK_EQUAL(text_of(*db, "SELECT role FROM users WHERE id = 7"), "user");
  CAF_CHECK(value_of(*db, "SELECT created_at FROM users WHERE id = 3",
                     cell_kind::timestamp)
            == cell{*parse_timestamp("2025-11-09T09:00:00.123Z")});
}

CAF_TEST(addresses that differ in case alone stop the takeover) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    fill_old(place, *db);
    run(*db, "UPDATE users SET email = 'anna@example.com' WHERE id = 7");
    auto err = migrate(*db);
    CAF_REQUIRE(err);
    CAF_CHECK_EQUAL(classify(err), errc::conflict);
    CAF_CHECK(detail(err).find("anna@example.com") != std::string::npos);
    CAF_CHECK_EQUAL(text_of(*db, "SELECT token FROM refresh_tokens WHERE id = "
                                 "11"),
                    "plain.token.one");
  });
}

CAF_TEST(more rows than one page are taken over) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    fill_old(place, *db);
    run(*db,
        "INSERT INTO users (id, username, email, hashed_password, role, "
        "is_active, is_verified, created_at) "
            + place.pick(
                "SELECT i, 'u' || i, i || '@x.y', 'h', 'user', true, true, "
                "now() FROM generate_series(100, 2599) i",
                "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 "
                "FROM n WHERE i < 2599) SELECT i, 'u' || i, i || '@x.y', 'h', "
                "'USER', 1, 1, '2025-01-01' FROM n"));
    CAF_REQUIRE_EQUAL(migrate(*db), caf::none);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM users"), 2502);
  });
}

CAF_TEST(both databases have the same tables with the same columns) {
  test_database one{dialect_kind::postgres, content::migrated};
  test_database other{dialect_kind::sqlite, content::migrated};
  auto left = columns(one);
  auto right = columns(other);
  for (auto& x : left)
    if (right.count(x) == 0)
      CAF_ERROR("only PostgreSQL has " << x);
  for (auto& x : right)
    if (left.count(x) == 0)
      CAF_ERROR("only SQLite has " << x);
  CAF_CHECK(left.size() > 150);
}

CAF_TEST(both databases have the indexes that the contract names) {
  std::set<std::string> seen;
  on_both(content::migrated, [&](auto& place) {
    auto found = indexes(place);
    for (std::string x : {
             "ix_scheduled_tasks_user_status: user_id, status",
             "ix_scheduled_tasks_status_next_run: status, next_run_at",
             "ix_projects_user_created: user_id, created_at",
             "ix_projects_name_user: name, user_id",
             "ix_agents_type_status: type, status",
             "ix_agents_status_active: status, last_active_at",
             "ix_execution_results_task_started: task_id, started_at",
             "ix_execution_results_status_started: status, started_at",
             "ix_scheduled_tasks_pending_next_run: next_run_at",
             "ix_audit_logs_record_time: table_name, record_id, timestamp",
             "ix_audit_logs_user_time: user_id, timestamp",
             "ix_audit_logs_time: timestamp",
         })
      if (found.count(x) == 0)
        CAF_ERROR("missing: " << x);
    if (seen.empty())
      seen = found;
    CAF_CHECK(found == seen);
  });
}

CAF_TEST(sorted text is ordered by its bytes in both databases) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    run(*db, "INSERT INTO projects (name) VALUES ('b'), ('B'), ('a'), "
             "('\xC3\xA9'), ('_')");
    auto found = db->query("SELECT name FROM projects ORDER BY name", {},
                           {{cell_kind::text}});
    CAF_REQUIRE(found);
    std::string order;
    for (auto& row : *found)
      order += std::get<std::string>(row[0]);
    CAF_CHECK_EQUAL(order, "B_ab\xC3\xA9");
  });
}

CAF_TEST(an id is never given twice) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    run(*db, "INSERT INTO projects (name) VALUES ('a'), ('b')");
    run(*db, "DELETE FROM projects WHERE id = 2");
    run(*db, "INSERT INTO projects (name) VALUES ('c')");
    CAF_CHECK_EQUAL(number_of(*db, "SELECT max(id) FROM projects"), 3);
  });
}

CAF_TEST(the fallback search finds words and follows changes) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    std::string huge;
    for (int i = 0; i < 300'000; ++i)
      huge += std::to_string(i) + ' ';
    std::vector<cell> params{"needle " + huge};
    CAF_REQUIRE(db->query("INSERT INTO memory_entries (content, intent) VALUES "
                          "($1, 'testing')",
                          params, {}));
    auto hits = place.pick("SELECT count(*) FROM memory_entries WHERE tsv @@ "
                           "plainto_tsquery('simple', 'Needle')",
                           "SELECT count(*) FROM memory_entries_fts WHERE "
                           "memory_entries_fts MATCH 'Needle'");
    CAF_CHECK_EQUAL(number_of(*db, hits), 1);
    run(*db, "UPDATE memory_entries SET content = 'thread'");
    CAF_CHECK_EQUAL(number_of(*db, hits), 0);
    run(*db, "UPDATE memory_entries SET content = 'a needle'");
    CAF_CHECK_EQUAL(number_of(*db, hits), 1);
    run(*db, "DELETE FROM memory_entries");
    CAF_CHECK_EQUAL(number_of(*db, hits), 0);
  });
}
