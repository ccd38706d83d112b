#define CAF_SUITE sync
#include "actors/sync_decisions.hpp"
#include "protocols/error.hpp"
#include "storage/changes.hpp"
#include "storage/given_ids.hpp"
#include "storage/lists.hpp"
#include "storage/transact.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <thread>

using namespace callboard;
using namespace callboard::actors;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

schedule_entry entry(int64_t id, int64_t updated_at) {
  return schedule_entry{}
      .give(&task::id, id)
      .give(&task::skill_name, "s")
      .give(&task::schedule_cron, std::string{"0 9 * * *"})
      .give(&task::updated_at, timestamp{updated_at});
}

change_request<sync_conflict> import_of(std::vector<schedule_entry> entries) {
  change_request<sync_conflict> out;
  out.ctx.deadline = deadline_in(10s);
  for (auto& x : entries)
    out.rows.keys.emplace_back(x.values.id);
  out.also<task>().keys = out.rows.keys;
  out.decide = imported({std::move(entries), true});
  return out;
}

caf::expected<changed<sync_conflict>>
run(connection& db, change_request<sync_conflict> wanted) {
  change_batch<sync_conflict> batch;
  batch.deadline = wanted.ctx.deadline;
  batch.requests.push_back(std::move(wanted));
  if (auto err = run_changes(db, batch))
    return err;
  return std::move(batch.results.front());
}

int64_t open_conflicts(connection& db) {
  auto found = answer(db, conflict_query{}, deadline_in(10s));
  return found ? found->total : -1;
}

int64_t tasks(connection& db) {
  return number_of(db, "SELECT count(*) FROM scheduled_tasks");
}

/// The id that the next new task gets.
int64_t next_id(connection& db) {
  callboard::test::run(db,
                       "INSERT INTO scheduled_tasks (skill_name) VALUES ('x')");
  return number_of(db, "SELECT max(id) FROM scheduled_tasks WHERE skill_name "
                       "= 'x'");
}

} // namespace

CAF_TEST(new ids come behind those that were given) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    CAF_CHECK(run(*db, import_of({entry(1, 1)})));
    CAF_CHECK_EQUAL(next_id(*db), 2);
    CAF_CHECK(run(*db, import_of({entry(9, 1), entry(5, 1)}))); // a short way
    CAF_CHECK_EQUAL(next_id(*db), 10);
    CAF_CHECK(run(*db, import_of({entry(900'000'000, 1)}))); // a long one
    CAF_CHECK_EQUAL(next_id(*db), 900'000'001);
    CAF_CHECK(run(*db, import_of({entry(30, 1)}))); // in a gap
    CAF_CHECK_EQUAL(next_id(*db), 900'000'002);
  });
}

CAF_TEST(ids that are taken meanwhile are never given twice) {
  test_database x{dialect_kind::postgres, content::migrated};
  std::vector<std::thread> all;
  for (int64_t n = 0; n < 4; ++n)
    all.emplace_back([&x, n] {
      auto db = x.connect();
      for (int64_t i = 1; i <= 50; ++i)
        if (n == 0)
          run_transaction(*db, deadline_in(10s), lock_wait::patient, [&] {
            return move_ids_behind(*db, "scheduled_tasks", i * 37);
          });
        else
          callboard::test::run(*db, "INSERT INTO scheduled_tasks (skill_name) "
                                    "VALUES ('x')"); // throws if it is taken
    });
  for (auto& t : all)
    t.join();
  auto db = x.connect();
  CAF_CHECK_EQUAL(tasks(*db), 150);
  CAF_CHECK(next_id(*db) > 50 * 37);
}

CAF_TEST(one entry that the database refuses takes the whole file along) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    auto bad = entry(2, 1).give(&task::user_id, std::string(300, 'u'));
    CAF_CHECK(!run(*db, import_of({entry(1, 1), bad})));
    CAF_CHECK_EQUAL(tasks(*db), 0);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM audit_logs"), 0);
  });
}

CAF_TEST(conflicts are kept once per task and listed while they are open) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    CAF_CHECK(run(*db, import_of({entry(1, 1000), entry(2, 1000)})));
    for (int i = 0; i < 2; ++i) {
      auto found = run(*db, import_of({entry(1, 500), entry(2, 600)}));
      CAF_REQUIRE(found);
      CAF_CHECK_EQUAL(found->rows.size(), 2u);
    }
    auto open = answer(*db, conflict_query{}, deadline_in(10s));
    CAF_REQUIRE(open);
    CAF_CHECK_EQUAL(open->total, 2);
    CAF_REQUIRE_EQUAL(open->rows.size(), 2u);
    CAF_CHECK(open->rows[0].yaml_updated_at == timestamp{500});
    CAF_CHECK(open->rows[0].db_updated_at == timestamp{1000});

    change_request<sync_conflict> wanted;
    wanted.ctx.deadline = deadline_in(10s);
    wanted.ctx.user_id = 0;
    wanted.rows.keys = {int64_t{1}};
    wanted.also<task>().keys = {int64_t{1}};
    wanted.decide
        = resolved({open->rows[0].conflict_id, conflict_end::keep_yaml});
    CAF_CHECK(run(*db, wanted));
    CAF_CHECK_EQUAL(open_conflicts(*db), 1);

    change_request<sync_conflict> all;
    all.ctx.deadline = deadline_in(10s);
    all.rows.by = lookup::open_conflicts;
    all.decide = cleared();
    auto gone = run(*db, all);
    CAF_REQUIRE(gone);
    CAF_CHECK_EQUAL(gone->rows.size(), 1u);
    CAF_CHECK_EQUAL(open_conflicts(*db), 0);
    // The audit tells of the tasks alone.
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM audit_logs WHERE "
                                   "table_name <> 'scheduled_tasks'"),
                    0);
    CAF_CHECK_EQUAL(
        number_of(*db, "SELECT max(position) - count(*) FROM events"), 0);
  });
}
