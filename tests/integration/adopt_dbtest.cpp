#define CAF_SUITE adopt
#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "storage/migrate.hpp"
#include "tests/support/schema.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;

namespace {

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
