#define CAF_SUITE connection

#include "protocols/error.hpp"
#include "storage/database.hpp"
#include "tests/support/temporary_postgres.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <unistd.h>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* values_table_postgres
    = "CREATE TABLE v (b boolean, i bigint, s text, t timestamptz(3))";
constexpr const char* values_table_sqlite
    = "CREATE TABLE v (b integer, i integer, s text, t integer) STRICT";

const std::vector<cell_kind> value_kinds{cell_kind::boolean, cell_kind::integer,
                                         cell_kind::text, cell_kind::timestamp};

const std::vector<std::string> hostile_texts{
    "",
    "'; DROP TABLE v; --",
    "\"quoted\" and \\backslashed\\ \\\" {}, NULL",
    "NULL",
    "{\"a\",NULL}",
    "line\nbreak\ttab\rreturn\x01\x7f",
    "\xF0\x9F\x98\x80 \xC3\xA9 \xE2\x80\xAE \xEF\xBB\xBF",
    "$1 ?1 %s ${x}",
    std::string(1 << 20, 'x'),
};

errc code_of(const caf::expected<rows>& x) {
  CAF_REQUIRE(!x);
  return classify(x.error());
}

std::string detail_of(const caf::expected<rows>& x) {
  CAF_REQUIRE(!x);
  return detail(x.error());
}

/// Takes far longer than any test.
std::string endless(const test_database& place) {
  return place.pick("SELECT count(*) FROM generate_series(1, 1000000000000)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                    "FROM n) SELECT count(*) FROM n");
}

constexpr const char* own_backend
    = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
      "current_database() AND pid <> pg_backend_pid()";

/// Ends all other sessions of the database, and waits until they are gone.
void terminate_others(connection& killer) {
  for (;;) {
    auto found = killer.query(own_backend, {}, {{cell_kind::boolean}});
    CAF_REQUIRE(found);
    if (found->empty())
      return;
    std::this_thread::yield();
  }
}

} // namespace

CAF_TEST(every kind of value comes back as it was stored) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    run(*db, place.pick(values_table_postgres, values_table_sqlite));
    std::vector<record> all{
        {true, int64_t{0}, std::string{"text"}, timestamp{0}},
        {false, INT64_MAX, std::string{""}, timestamp{1'762'678'800'123}},
        {true, INT64_MIN, std::string{"x"}, timestamp{-1}},
        {null_t{}, null_t{}, null_t{}, null_t{}},
    };
    for (auto& x : all)
      CAF_REQUIRE(db->query(
          "INSERT INTO v (b, i, s, t) VALUES ($1, $2, $3, $4)", x, {}));
    auto found = db->query("SELECT b, i, s, t FROM v ORDER BY coalesce(i, 1)",
                           {}, value_kinds);
    CAF_REQUIRE(found);
    CAF_REQUIRE_EQUAL(found->size(), 4u);
    CAF_CHECK((*found)[0] == all[2]);
    CAF_CHECK((*found)[1] == all[0]);
    CAF_CHECK((*found)[2] == all[3]);
    CAF_CHECK((*found)[3] == all[1]);
  });
}

CAF_TEST(hostile text comes back unchanged) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    for (auto& text : hostile_texts) {
      auto back = value_of(*db, place.pick("SELECT $1::text", "SELECT $1"),
                           cell_kind::text, {cell{text}});
      CAF_CHECK(back == cell{text});
    }
  });
}

CAF_TEST(a text with NUL is refused before it reaches the database) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    std::vector<cell> params{std::string("a\0b", 3)};
    auto found = db->query(place.pick("SELECT $1::text", "SELECT $1"), params,
                           {{cell_kind::text}});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
  });
}

CAF_TEST(parameters count by their number and not by their order) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    std::vector<cell> params{std::string{"one"}, std::string{"two"}};
    auto found = db->query(
        place.pick("SELECT $2::text || '$1' || $1::text || $2::text",
                   "SELECT $2 || '$1' || $1 || $2 -- $3"),
        params, {{cell_kind::text}});
    CAF_REQUIRE(found);
    CAF_CHECK((*found)[0][0] == cell{std::string{"two$1onetwo"}});
  });
}

CAF_TEST(an array literal carries a column of hostile values) {
  test_database place{dialect_kind::postgres, content::empty};
  auto db = place.connect();
  std::vector<cell> texts;
  for (auto& x : hostile_texts)
    texts.emplace_back(x);
  texts.emplace_back(null_t{});
  std::vector<cell> params{array_literal(texts)};
  auto found = db->query("SELECT x FROM unnest($1::text[]) WITH ORDINALITY AS "
                         "u(x, i) ORDER BY i",
                         params, {{cell_kind::text}});
  CAF_REQUIRE(found);
  CAF_REQUIRE_EQUAL(found->size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i)
    CAF_CHECK((*found)[i][0] == texts[i]);
}

CAF_TEST(an array literal carries numbers and booleans and instants and nulls) {
  test_database place{dialect_kind::postgres, content::empty};
  auto db = place.connect();
  std::vector<cell> params{
      array_literal(std::vector<cell>{true, false, null_t{}}),
      array_literal(std::vector<cell>{int64_t{-1}, INT64_MAX, null_t{}}),
      array_literal(std::vector<cell>{timestamp{1},
                                      timestamp{1'762'678'800'123}, null_t{}})};
  auto found = db->query(
      "SELECT * FROM unnest($1::boolean[], $2::bigint[], "
      "$3::timestamptz[])",
      params, {{cell_kind::boolean, cell_kind::integer, cell_kind::timestamp}});
  CAF_REQUIRE(found);
  CAF_REQUIRE_EQUAL(found->size(), 3u);
  CAF_CHECK(((*found)[0] == record{true, int64_t{-1}, timestamp{1}}));
  CAF_CHECK(
      ((*found)[1] == record{false, INT64_MAX, timestamp{1'762'678'800'123}}));
  CAF_CHECK(((*found)[2] == record{null_t{}, null_t{}, null_t{}}));
  params = {array_literal({})};
  found = db->query("SELECT * FROM unnest($1::text[])", params,
                    {{cell_kind::text}});
  CAF_REQUIRE(found);
  CAF_CHECK(found->empty());
}

CAF_TEST(a set as one parameter finds its members in both databases) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    run(*db, place.pick(values_table_postgres, values_table_sqlite));
    std::vector<cell> wanted;
    for (auto& x : hostile_texts) {
      std::vector<cell> params{x};
      CAF_REQUIRE(db->query("INSERT INTO v (s) VALUES ($1)", params, {}));
      wanted.emplace_back(x);
    }
    run(*db, "INSERT INTO v (s, i) VALUES ('another', 7)");
    std::vector<cell> params{set_parameter(place.dialect(), wanted)};
    auto found = db->query("SELECT s FROM v WHERE s"
                               + any_of(place.dialect(), 1, "text"),
                           params, {{cell_kind::text}});
    CAF_REQUIRE(found);
    CAF_CHECK_EQUAL(found->size(), hostile_texts.size());
    params = {set_parameter(place.dialect(),
                            std::vector<cell>{int64_t{7}, int64_t{8}})};
    found = db->query("SELECT s FROM v WHERE i"
                          + any_of(place.dialect(), 1, "bigint"),
                      params, {{cell_kind::text}});
    CAF_REQUIRE(found);
    CAF_CHECK_EQUAL(found->size(), 1u);
  });
}

CAF_TEST(the clock of the database has whole milliseconds) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    auto before = now();
    auto there = std::get<timestamp>(value_of(
        *db, "SELECT " + current_time(place.dialect()), cell_kind::timestamp));
    auto after = now();
    CAF_CHECK(before <= there);
    CAF_CHECK(there <= after);
  });
}

CAF_TEST(a cell of another kind or another number of columns is an error) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    auto found = db->query("SELECT 'x'", {}, {{cell_kind::integer}});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
    found = db->query("SELECT 1, 2", {}, {{cell_kind::integer}});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
    found = db->query("SELECT nonsense FROM nowhere", {}, {});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
  });
}

CAF_TEST(a statement is prepared once per session) {
  test_database place{dialect_kind::postgres, content::empty};
  auto db = place.connect();
  for (int64_t i = 0; i < 5; ++i)
    CAF_CHECK(value_of(*db, "SELECT $1::bigint", cell_kind::integer, {cell{i}})
              == cell{i});
  CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM pg_prepared_statements"),
                  2);
}

CAF_TEST(a violated key is a conflict with the same name in both databases) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    std::string insert = "INSERT INTO users (username, email, email_folded, "
                         "hashed_password) VALUES ($1, $2, $3, 'x')";
    const std::string forged = "CONSTRAINT NAME:  forged\nx";
    auto add = [&](std::string name, std::string email, std::string folded) {
      std::vector<cell> params{name, email, folded};
      return db->query(insert, params, {});
    };
    CAF_REQUIRE(add("a", forged, "a"));
    auto again = add("a", "b", "b");
    CAF_CHECK_EQUAL(code_of(again), errc::conflict);
    CAF_CHECK_EQUAL(detail_of(again), "users_username_key");
    again = add("b", forged, "b");
    CAF_CHECK_EQUAL(detail_of(again), "users_email_key");
    again = db->query("INSERT INTO event_position VALUES (1, 1)", {}, {});
    CAF_CHECK_EQUAL(code_of(again), errc::conflict);
    CAF_CHECK_EQUAL(detail_of(again), "event_position_pkey");
    run(*db, "INSERT INTO scheduled_tasks (skill_name) VALUES ('x')");
    std::string due
        = "INSERT INTO task_occurrences (task_id, due_at, fate) VALUES (1, "
          + place.pick("'2025-01-01Z'", "1") + ", 'missed')";
    CAF_REQUIRE(db->query(due, {}, {}));
    CAF_CHECK_EQUAL(detail_of(db->query(due, {}, {})),
                    "task_occurrences_task_id_due_at_key");
    std::string agent = "INSERT INTO agents (name, type) VALUES ('x', 'coder')";
    CAF_REQUIRE(db->query(agent, {}, {}));
    CAF_CHECK_EQUAL(detail_of(db->query(agent, {}, {})), "agents_name_key");
  });
}

CAF_TEST(a row without its parent is a conflict) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto found
        = db->query("INSERT INTO agent_capabilities VALUES ('x', 77)", {}, {});
    CAF_CHECK_EQUAL(code_of(found), errc::conflict);
  });
}

CAF_TEST(a value that a check refuses is a bug of the program) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto found
        = db->query("INSERT INTO scheduled_tasks (skill_name, status) VALUES "
                    "('x', 'unheard')",
                    {}, {});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
    std::vector<cell> params{std::string(51, 'x')};
    found = db->query("INSERT INTO users (username, email, email_folded, "
                      "hashed_password) VALUES ($1, 'x', 'x', 'x')",
                      params, {});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
    params = {std::string{"\xC3\xA9"}};
    found = db->query("INSERT INTO users (username, email, email_folded, "
                      "hashed_password) VALUES ($1, 'x', 'x', 'x')",
                      params, {});
    CAF_CHECK(found); // the limit counts characters
  });
}

CAF_TEST(a statement that takes too long is ended) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    db->set_statement_timeout(50ms);
    auto begun = std::chrono::steady_clock::now();
    auto found = db->query(endless(place), {}, {{cell_kind::integer}});
    CAF_CHECK_EQUAL(code_of(found), errc::deadline_exceeded);
    CAF_CHECK(std::chrono::steady_clock::now() - begun < 5s);
    CAF_CHECK(db->is_open());
    CAF_CHECK_EQUAL(number_of(*db, "SELECT 1"), 1);
  });
}

CAF_TEST(the limit of a transaction does not outlive it) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    CAF_REQUIRE(!db->begin({50ms}));
    auto found = db->query(endless(place), {}, {{cell_kind::integer}});
    CAF_CHECK_EQUAL(code_of(found), errc::deadline_exceeded);
    db->rollback();
    if (!place.sqlite())
      CAF_CHECK_EQUAL(
          text_of(*db, "SELECT current_setting('statement_timeout')"), "10s");
    CAF_CHECK_EQUAL(number_of(*db, "SELECT 1"), 1);
  });
}

CAF_TEST(another thread can end a statement and the connection serves on) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    CAF_REQUIRE(!db->ping());
    std::atomic<bool> done = false;
    std::thread other{[&] { // until it hits: nobody knows when it runs
      while (!done) {
        db->interrupt();
        std::this_thread::sleep_for(1ms);
      }
    }};
    auto found = db->query(endless(place), {}, {{cell_kind::integer}});
    done = true;
    other.join();
    CAF_CHECK_EQUAL(code_of(found), place.sqlite() ? errc::deadline_exceeded
                                                   : errc::unavailable);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT 1"), 1);
  });
}

CAF_TEST(interrupting while sessions come and go is harmless) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    std::atomic<bool> done = false;
    std::thread other{[&] {
      while (!done)
        db->interrupt();
    }};
    for (int i = 0; i < 30; ++i) {
      (void)db->query("SELECT 1", {}, {{cell_kind::integer}});
      db->close();
    }
    done = true;
    other.join();
    CAF_CHECK_EQUAL(number_of(*db, "SELECT 1"), 1);
  });
}

CAF_TEST(a killed backend is unavailable once and then connected anew) {
  test_database place{dialect_kind::postgres, content::empty};
  auto db = place.connect();
  auto killer = place.connect();
  CAF_REQUIRE_EQUAL(number_of(*db, "SELECT 1"), 1);
  terminate_others(*killer);
  auto found = db->query("SELECT 1", {}, {{cell_kind::integer}});
  CAF_CHECK_EQUAL(code_of(found), errc::unavailable);
  CAF_CHECK(is_outage(found.error()));
  CAF_CHECK(!db->is_open());
  CAF_CHECK_EQUAL(number_of(*db, "SELECT 1"), 1);
  terminate_others(*killer);
  CAF_CHECK(!db->ping()); // asks whether the database lives, not the session
}

CAF_TEST(a transaction is never continued on another session) {
  test_database place{dialect_kind::postgres, content::empty};
  auto db = place.connect();
  auto killer = place.connect();
  run(*db, values_table_postgres);
  CAF_REQUIRE(!db->begin({1s}));
  CAF_REQUIRE(db->query("INSERT INTO v (i) VALUES (1)", {}, {}));
  terminate_others(*killer);
  for (int i = 0; i < 2; ++i)
    CAF_CHECK_EQUAL(code_of(db->query("INSERT INTO v (i) VALUES (2)", {}, {})),
                    errc::unavailable);
  CAF_CHECK_EQUAL(classify(db->commit()), errc::unavailable);
  CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM v"), 0);
}

CAF_TEST(a stopped server is unavailable until it is back) {
  auto& cluster = temporary_postgres::shared();
  test_database place{dialect_kind::postgres, content::empty};
  auto db = place.connect();
  CAF_REQUIRE(!db->ping());
  cluster.stop();
  CAF_CHECK_EQUAL(code_of(db->query("SELECT 1", {}, {})), errc::unavailable);
  CAF_CHECK_EQUAL(code_of(db->query("SELECT 1", {}, {})), errc::unavailable);
  auto err = db->ping();
  CAF_REQUIRE(err);
  CAF_CHECK_EQUAL(classify(err), errc::unavailable);
  CAF_CHECK(detail(err).find("socket") != std::string::npos);
  cluster.start();
  CAF_CHECK(!db->ping());
  CAF_CHECK_EQUAL(number_of(*db, "SELECT 1"), 1);
}

CAF_TEST(a server without room for another session is unavailable) {
  test_database place{dialect_kind::postgres, content::empty};
  run(*place.connect(), "CREATE ROLE crowded LOGIN CONNECTION LIMIT 0");
  auto other = database::open(place.url + "&user=crowded");
  CAF_REQUIRE(other);
  auto db = other->connect();
  CAF_CHECK_EQUAL(code_of(db->query("SELECT 1", {}, {})), errc::unavailable);
  CAF_CHECK(detail(db->ping()).find("too many connections")
            != std::string::npos);
}

CAF_TEST(a session older than its recycling time is opened anew) {
  test_database place{dialect_kind::postgres, content::empty};
  auto young = database::open(place.url, {0ms});
  CAF_REQUIRE(young);
  auto db = young->connect();
  auto pid = number_of(*db, "SELECT pg_backend_pid()");
  CAF_CHECK_NOT_EQUAL(number_of(*db, "SELECT pg_backend_pid()"), pid);
  CAF_REQUIRE(!db->begin({1s})); // never inside a transaction
  pid = number_of(*db, "SELECT pg_backend_pid()");
  CAF_CHECK_EQUAL(number_of(*db, "SELECT pg_backend_pid()"), pid);
  CAF_CHECK(!db->commit());
}

CAF_TEST(a failed statement fails its transaction) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    CAF_REQUIRE(!db->begin({1s}));
    CAF_REQUIRE(db->query("INSERT INTO projects (name) VALUES ('a')", {}, {}));
    CAF_REQUIRE(!db->query("INSERT INTO event_position VALUES (1, 1)", {}, {}));
    CAF_CHECK(db->commit());
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM projects"), 0);
  });
}

CAF_TEST(sessions have the settings that the rules ask for) {
  test_database one{dialect_kind::postgres, content::empty};
  auto db = one.connect();
  auto setting = [&](std::string name) {
    return text_of(*db, "SELECT current_setting('" + name + "')");
  };
  CAF_CHECK_EQUAL(setting("timezone"), "UTC");
  CAF_CHECK_EQUAL(setting("client_encoding"), "UTF8");
  CAF_CHECK_EQUAL(setting("application_name"), "callboard");
  CAF_CHECK_EQUAL(setting("statement_timeout"), "10s");
  CAF_CHECK_EQUAL(setting("idle_in_transaction_session_timeout"), "2s");
  CAF_CHECK_EQUAL(setting("random_page_cost"), "1.1");
  db->set_statement_timeout(4900ms);
  CAF_CHECK_EQUAL(setting("statement_timeout"), "5s");
  CAF_REQUIRE(!db->begin({1234ms, 100ms}));
  CAF_CHECK_EQUAL(setting("statement_timeout"), "1234ms");
  CAF_CHECK_EQUAL(setting("lock_timeout"), "100ms");
  CAF_CHECK_EQUAL(setting("transaction_isolation"), "read committed");
  db->rollback();
  auto with_own = database::open(one.url + "&application_name=mine");
  db = with_own->connect();
  CAF_CHECK_EQUAL(setting("application_name"), "mine");

  test_database other{dialect_kind::sqlite, content::empty};
  db = other.connect();
  CAF_CHECK_EQUAL(text_of(*db, "PRAGMA journal_mode"), "wal");
  CAF_CHECK_EQUAL(number_of(*db, "PRAGMA synchronous"), 2);
  CAF_CHECK_EQUAL(number_of(*db, "PRAGMA foreign_keys"), 1);
}

CAF_TEST(a second writer of a SQLite file waits no longer than its limit) {
  test_database place{dialect_kind::sqlite, content::migrated};
  auto one = place.connect();
  auto two = place.connect();
  CAF_REQUIRE(!one->begin({1s}));
  auto err = two->begin({50ms});
  CAF_REQUIRE(err);
  CAF_CHECK_EQUAL(classify(err), errc::unavailable);
  CAF_CHECK_EQUAL(detail(err), "the database: database is locked");
  CAF_CHECK_EQUAL(number_of(*two, "SELECT count(*) FROM users"), 0);
  one->rollback();
  CAF_CHECK(!two->begin({1s}));
  two->rollback();
}

CAF_TEST(a SQLite file that cannot be used is unavailable) {
  temporary_folder folder;
  auto file = (folder.path() / "text.db").string();
  std::ofstream{file} << "this is no database, but long enough to look at it\n";
  auto place = database::open("sqlite:///" + file);
  CAF_REQUIRE(place);
  auto err = place->connect()->ping();
  CAF_REQUIRE(err);
  CAF_CHECK_EQUAL(classify(err), errc::unavailable);
  CAF_CHECK(detail(err).find("not a database") != std::string::npos);
  auto nowhere = database::open("sqlite:///" + file + ".d/x.db");
  CAF_REQUIRE(!nowhere);
  CAF_CHECK_EQUAL(classify(nowhere.error()), errc::unavailable);
}

CAF_TEST(a full disk is unavailable and keeps what was committed) {
  test_database place{dialect_kind::sqlite, content::empty};
  auto db = place.connect();
  run(*db, "CREATE TABLE t (x text) STRICT; INSERT INTO t VALUES ('kept')");
  number_of(*db, "PRAGMA max_page_count = 4");
  std::vector<cell> params{std::string(100'000, 'x')};
  auto found = db->query("INSERT INTO t VALUES ($1)", params, {});
  CAF_CHECK_EQUAL(code_of(found), errc::unavailable);
  CAF_CHECK_EQUAL(detail_of(found), "the database: database or disk is full");
  CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM t"), 1);
}

CAF_TEST(a SQLite file is for its owner alone) {
  test_database place{dialect_kind::sqlite, content::migrated};
  struct stat info {};
  CAF_REQUIRE_EQUAL(::stat((place.folder.path() / "test.db").c_str(), &info),
                    0);
  CAF_CHECK_EQUAL(info.st_mode & 0777u, 0600u);
}

CAF_TEST(a second process is refused a SQLite file and told who has it) {
  test_database place{dialect_kind::sqlite, content::empty};
  auto holder = ::getpid();
  auto child = ::fork();
  if (child == 0) {
    auto second = database::open(place.url);
    auto named = !second
                 && detail(second.error()).find(std::to_string(holder))
                        != std::string::npos;
    ::_exit(named && classify(second.error()) == errc::unavailable ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CAF_CHECK_EQUAL(status, 0);
}

CAF_TEST(a SQLite file is free when its holder is gone) {
  temporary_folder folder;
  auto url = "sqlite:///" + (folder.path() / "x.db").string();
  auto child = ::fork();
  if (child == 0) {
    auto first = database::open(url);
    ::_exit(first ? 0 : 1); // without destructors, as a crash
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CAF_REQUIRE_EQUAL(status, 0);
  CAF_CHECK(database::open(url));
}

CAF_TEST(connections keep the file when the database object is gone) {
  temporary_folder folder;
  auto url = "sqlite:///" + (folder.path() / "x.db").string();
  auto db = database::open(url)->connect();
  CAF_CHECK(!database::open(url));
  db.reset();
  CAF_CHECK(database::open(url));
}

CAF_TEST(all spellings of a PostgreSQL address lead to the server) {
  test_database place{dialect_kind::postgres, content::empty};
  auto rest = place.url.substr(place.url.find(':'));
  for (std::string scheme : {"postgresql", "postgres", "postgresql+asyncpg"}) {
    auto opened = database::open(scheme + rest);
    CAF_REQUIRE(opened);
    CAF_CHECK(!opened->connect()->ping());
  }
}

CAF_TEST(other addresses are refused) {
  for (std::string url :
       {"", "mysql://x", "postgres", "sqlite://", "sqlite:///",
        "sqlite:///:memory:", "sqlite:///x/", "x"}) {
    auto opened = database::open(url);
    CAF_REQUIRE(!opened);
    CAF_CHECK_EQUAL(classify(opened.error()), errc::bad_request);
  }
}
