#define CAF_SUITE retention
#include "protocols/call.hpp"
#include "protocols/error.hpp"
#include "storage/retention.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr timestamp t0{1'700'000'000'000};

/// An instant as a literal of the dialect.
std::string at(const test_database& x, int64_t seconds) {
  auto when = t0 + std::chrono::seconds{seconds};
  return x.pick('\'' + to_string(when) + '\'', std::to_string(when.ms));
}

int64_t prune_once(connection& db, kept_rows what, int64_t before_s,
                   int64_t rows = 0, int64_t batch = 1000) {
  auto done
      = prune(db, {what, t0 + std::chrono::seconds{before_s}, rows, batch},
              deadline_in(10s));
  if (!done)
    CAF_FAIL(detail(done.error()));
  return *done;
}

/// User 1 with task 1.
std::shared_ptr<connection> furnished(test_database& x) {
  auto db = x.connect();
  run(*db, "INSERT INTO users (username, email, email_folded, "
           "hashed_password) VALUES ('a', 'a', 'a', ''); INSERT INTO "
           "scheduled_tasks (skill_name, user_id) VALUES ('s', '1')");
  return db;
}

void add_event(test_database& x, connection& db, int position, int second) {
  auto n = std::to_string(position);
  run(db, "INSERT INTO events (position, type, audience, channel, data, "
          "payload, created_at) VALUES ("
              + n + ", 't', '1', 'tasks', '{}', '{}', " + at(x, second)
              + "); UPDATE event_position SET position = " + n);
}

void add_run(test_database& x, connection& db, const char* status, int second) {
  run(db, "INSERT INTO execution_results (task_id, status, started_at) VALUES "
          "(1, '"
              + std::string{status} + "', " + at(x, second) + ')');
}

} // namespace

CAF_TEST(old events go from the oldest on and the place is noted) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    for (int i = 1; i <= 10; ++i)
      add_event(x, *db, i, i);
    auto pruned_to
        = [&] { return number_of(*db, "SELECT pruned_to FROM event_stream"); };
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::stream, 6, 0, 3), 3);
    CAF_CHECK_EQUAL(pruned_to(), 3);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::stream, 6, 0, 3), 2);
    CAF_CHECK_EQUAL(pruned_to(), 5);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::stream, 6, 0, 3), 0);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT min(position) FROM events"), 6);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::stream, 0, 2), 3);
    CAF_CHECK_EQUAL(pruned_to(), 8);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM events"), 2);
  });
}

CAF_TEST(a run that is open is never removed) {
  on_both(content::migrated, [](test_database& x) {
    auto db = furnished(x);
    for (auto status :
         {"running", "success", "failed", "timeout", "cancelled", "success"})
      add_run(x, *db, status, 1);
    add_run(x, *db, "success", 100);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::executions, 50, 0, 3), 3);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::executions, 50, 0, 3), 2);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::executions, 50, 0, 3), 0);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM execution_results"),
                    2);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::executions, 0, 1), 0);
    add_run(x, *db, "success", 101);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::executions, 0, 1), 1);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT min(id) FROM execution_results"), 1);
  });
}

CAF_TEST(audit entries go by age and by number) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    for (int i = 1; i <= 6; ++i)
      run(*db, "INSERT INTO audit_logs (operation, table_name, record_id, "
               "timestamp) VALUES ('CREATE', 't', 1, "
                   + at(x, i) + ')');
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::audit, 3), 2);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::audit, 3), 0);
    CAF_CHECK_EQUAL(prune_once(*db, kept_rows::audit, 3, 3), 1);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT min(id) FROM audit_logs"), 4);
  });
}

CAF_TEST(tokens and kept answers go when their time is over) {
  on_both(content::migrated, [](test_database& x) {
    auto db = furnished(x);
    for (int i = 1; i <= 4; ++i) {
      auto n = std::to_string(i);
      run(*db, "INSERT INTO refresh_tokens (user_id, token, expires_at, "
               "family_id) VALUES (1, '"
                   + n + "', " + at(x, i)
                   + ", '6f0c7c1e-8d0b-4d42-9a43-5f6f8f0d1b77'); INSERT INTO "
                     "idempotency_keys (user_id, key, request, body_hash, "
                     "status, response_headers, response_body, expires_at) "
                     "VALUES (1, '"
                   + n + "', 'r', 'h', 201, '{}', '{}', " + at(x, i) + ')');
    }
    for (auto what : {kept_rows::tokens, kept_rows::idempotency_keys}) {
      CAF_CHECK_EQUAL(prune_once(*db, what, 3, 1), 2); // never by number
      CAF_CHECK_EQUAL(prune_once(*db, what, 3, 1), 0);
    }
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM refresh_tokens"), 2);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM idempotency_keys"), 2);
  });
}

CAF_TEST(a row that somebody holds is left for the next time) {
  test_database x{dialect_kind::postgres, content::migrated};
  auto db = furnished(x);
  add_run(x, *db, "success", 1);
  add_run(x, *db, "success", 2);
  auto other = x.connect();
  CAF_REQUIRE(!other->begin({10s}));
  run(*other, "SELECT 1 FROM execution_results WHERE id = 1 FOR UPDATE");
  CAF_CHECK_EQUAL(prune_once(*db, kept_rows::executions, 50), 1);
  other->rollback();
  CAF_CHECK_EQUAL(prune_once(*db, kept_rows::executions, 50), 1);
}
