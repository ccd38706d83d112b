#define CAF_SUITE connection
#include "protocols/error.hpp"
#include "storage/database.hpp"
#include "tests/support/temporary_postgres.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <atomic>
#include <thread>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* values_table_postgres
    = "CREATE TABLE v (b boolean, i bigint, s text, t timestamptz(3))";

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
