#define CAF_SUITE sync_decisions
#include "actors/sync_decisions.hpp"
#include "protocols/error.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;

namespace {

constexpr timestamp noon{1'762'603'200'000}; // 2025-11-08T12:00:00Z
constexpr timestamp morning{1'762'592'400'000};
constexpr timestamp night{1'762'560'000'000};

schedule_entry entry(timestamp updated_at) {
  return schedule_entry{}
      .give(&task::id, 7)
      .give(&task::skill_name, "from-yaml")
      .give(&task::schedule_cron, std::string{"0 9 * * *"})
      .give(&task::updated_at, updated_at);
}

task row_of(timestamp updated_at) {
  task x;
  x.id = 7;
  x.skill_name = "from-db";
  x.schedule_cron = "0 8 * * *";
  x.next_run_at = timestamp{noon.ms + 72'000'000};
  x.params.text = R"({"a":1})";
  x.status = task_status::disabled;
  x.user_id = "1";
  x.title = "Title";
  x.updated_at = updated_at;
  x.version = 3;
  return x;
}

/// The facts of one transaction.
struct scene {
  row_map<task> tasks;
  row_map<execution> runs;
  std::vector<sync_conflict> conflicts;

  caf::expected<outcome<sync_conflict>>
  operator()(const decision<sync_conflict>& decide) {
    facts<sync_conflict> now;
    now.now = noon;
    now.rows = conflicts;
    now.show(tasks);
    now.show(runs);
    return decide(now);
  }

  outcome<sync_conflict> import(schedule_entry x, bool edited = true) {
    auto done = (*this)(imported({{std::move(x)}, edited}));
    if (!done)
      CAF_FAIL(detail(done.error()));
    return std::move(*done);
  }
};

std::string types(const outcome<sync_conflict>& x) {
  std::string out;
  for (auto& e : x.events)
    out += e.type + ' ';
  return out;
}

scene in_conflict() {
  scene x;
  x.tasks[7] = row_of(morning);
  x.conflicts = x.import(entry(night)
                             .give(&task::status, task_status::pending)
                             .give(&task::params, {R"({"b":2})"}))
                    .rows;
  CAF_REQUIRE_EQUAL(x.conflicts.size(), 1u);
  return x;
}

} // namespace

CAF_TEST(an unknown task is inserted with the id of the file) {
  scene x;
  auto done = x.import(entry(night).give(&task::user_id, std::string{"ann"}));
  auto& rows = done.also<task>();
  CAF_REQUIRE_EQUAL(rows.size(), 1u);
  auto& row = rows.front();
  CAF_CHECK_EQUAL(row.id, 7);
  CAF_CHECK(row.user_id == "ann");
  CAF_CHECK(row.created_at == night);
  CAF_CHECK(row.updated_at == night);
  CAF_CHECK(row.next_run_at == timestamp{1'762'678'800'000}); // 9:00
  CAF_CHECK_EQUAL(row.version, 1);
  CAF_CHECK_EQUAL(row.search_text, "\nfrom-yaml\n");
  CAF_CHECK_EQUAL(types(done),
                  "calendar_event_created schedule_config_updated ");
}

CAF_TEST(a newer entry overwrites its fields and leaves the others) {
  scene x;
  x.tasks[7] = row_of(night);
  auto done = x.import(entry(morning)
                           .give(&task::user_id, std::string{"other"})
                           .give(&task::status, task_status::pending));
  auto& row = done.also<task>().front();
  CAF_CHECK_EQUAL(row.skill_name, "from-yaml");
  CAF_CHECK(row.schedule_cron == "0 9 * * *");
  CAF_CHECK(row.next_run_at == timestamp{1'762'678'800'000});
  CAF_CHECK(row.status == task_status::pending);
  CAF_CHECK_EQUAL(row.params.text, R"({"a":1})"); // not in the entry
  CAF_CHECK(row.user_id == "1");
  CAF_CHECK(row.title == "Title");
  CAF_CHECK(row.updated_at == morning); // else the next sync has a conflict
  CAF_CHECK_EQUAL(row.version, 4);
  CAF_CHECK_EQUAL(row.search_text, "title\nfrom-yaml\n");
  CAF_CHECK_EQUAL(types(done), "task_status_update calendar_event_created "
                               "schedule_config_updated ");
}

CAF_TEST(a next run that the entry names is taken as it is) {
  scene x;
  x.tasks[7] = row_of(night);
  auto done = x.import(entry(morning).give(&task::next_run_at, morning));
  CAF_CHECK(done.also<task>().front().next_run_at == morning);
}

CAF_TEST(a next run of the old schedule gives way to one of the new) {
  scene x;
  x.tasks[7] = row_of(night);
  auto old = x.tasks[7].next_run_at;
  auto done = x.import(entry(morning)
                           .give(&task::next_run_at, old)
                           .give(&task::status, task_status::pending));
  CAF_CHECK(done.also<task>().front().next_run_at
            == timestamp{1'762'678'800'000});
}

CAF_TEST(an unchanged schedule keeps its next run) {
  scene x;
  x.tasks[7] = row_of(night);
  auto done = x.import(
      entry(morning).give(&task::schedule_cron, std::string{"0 8 * * *"}));
  CAF_CHECK(done.also<task>().front().next_run_at == x.tasks[7].next_run_at);
}

CAF_TEST(a task that the file deletes takes its waiting runs along) {
  scene x;
  x.tasks[7] = row_of(night);
  x.runs[3].id = 3;
  x.runs[3].task_id = 7;
  x.runs[3].run_after = night;
  auto done
      = x.import(entry(morning).give(&task::status, task_status::deleted));
  CAF_REQUIRE_EQUAL(done.also<execution>().size(), 1u);
  CAF_CHECK(done.also<execution>().front().status
            == execution_status::cancelled);
}

CAF_TEST(equal and stale entries change nothing) {
  scene x;
  x.tasks[7] = row_of(morning);
  for (auto done : {x.import(entry(morning)), x.import(entry(night), false)}) {
    CAF_CHECK(done.rows.empty());
    CAF_CHECK(done.also<task>().empty());
    CAF_CHECK(done.events.empty());
  }
}

CAF_TEST(an older entry is a conflict with both sides in its row) {
  auto x = in_conflict();
  auto& row = x.conflicts.front();
  CAF_CHECK_EQUAL(row.id, 7);
  CAF_CHECK_EQUAL(row.conflict_id, "conflict-7-1762603200000");
  CAF_CHECK_EQUAL(row.conflict_reason,
                  "Database was updated more recently than YAML");
  CAF_CHECK(row.yaml_updated_at == night);
  CAF_CHECK(row.db_updated_at == morning);
  CAF_CHECK_EQUAL(
      row.yaml_data.text,
      R"({"id":7,"params_json":{"b":2},"schedule_cron":"0 9 * * *",)"
      R"("skill_name":"from-yaml","status":"pending",)"
      R"("updated_at":"2025-11-08T00:00:00.000Z"})");
  CAF_CHECK(row.db_data.text.find("from-db") != std::string::npos);
  CAF_CHECK_EQUAL(task_of_conflict(row.conflict_id), 7);
}

CAF_TEST(a conflict that is found again keeps its id and tells nobody) {
  auto x = in_conflict();
  x.conflicts.front().conflict_id = "conflict-7-1";
  x.tasks[7] = row_of(noon);
  auto done = x.import(entry(night));
  CAF_REQUIRE_EQUAL(done.rows.size(), 1u);
  CAF_CHECK_EQUAL(done.rows.front().conflict_id, "conflict-7-1");
  CAF_CHECK(done.rows.front().db_updated_at == noon);
  CAF_CHECK_EQUAL(types(done), "");
  // Another edit is another conflict.
  done = x.import(entry(timestamp{night.ms + 1}));
  CAF_CHECK_EQUAL(done.rows.front().conflict_id, "conflict-7-1762603200000");
  CAF_CHECK_EQUAL(types(done), "sync_conflict_detected ");
}

CAF_TEST(a newer entry overtakes the conflict of its task) {
  auto x = in_conflict();
  auto done = x.import(entry(noon));
  CAF_REQUIRE_EQUAL(done.rows.size(), 1u);
  CAF_CHECK(done.rows.front().ended_by == conflict_end::overtaken);
  CAF_CHECK_EQUAL(done.also<task>().size(), 1u);
}

CAF_TEST(a schedule that no longer matches refuses the whole file) {
  scene x;
  auto bad = entry(night).give(&task::schedule_cron, std::string{"0 0 30 2 *"});
  auto good = entry(night);
  good.values.id = 8;
  auto done = x(imported({{good, bad}, true}));
  CAF_REQUIRE(!done);
  CAF_CHECK(classify(done.error()) == errc::bad_request);
}

CAF_TEST(keep_yaml gives the database what the file said) {
  auto x = in_conflict();
  auto done
      = x(resolved({x.conflicts.front().conflict_id, conflict_end::keep_yaml}));
  CAF_REQUIRE(done);
  auto& row = done->also<task>().front();
  CAF_CHECK_EQUAL(row.skill_name, "from-yaml");
  CAF_CHECK_EQUAL(row.params.text, R"({"b":2})");
  CAF_CHECK(row.status == task_status::pending);
  CAF_CHECK(row.updated_at == noon);
  CAF_CHECK_EQUAL(row.version, 4);
  CAF_CHECK(done->rows.front().ended_by == conflict_end::keep_yaml);
  CAF_CHECK(done->rows.front().ended_at == noon);
  CAF_CHECK(types(*done).ends_with("sync_conflict_resolved "));
}

CAF_TEST(merge keeps the status of the database alone) {
  auto x = in_conflict();
  auto done
      = x(resolved({x.conflicts.front().conflict_id, conflict_end::merge}));
  CAF_REQUIRE(done);
  auto& row = done->also<task>().front();
  CAF_CHECK_EQUAL(row.skill_name, "from-yaml");
  CAF_CHECK(row.schedule_cron == "0 9 * * *");
  CAF_CHECK_EQUAL(row.params.text, R"({"b":2})");
  CAF_CHECK(row.status == task_status::disabled);
}

CAF_TEST(keep_db leaves the task alone) {
  auto x = in_conflict();
  auto done
      = x(resolved({x.conflicts.front().conflict_id, conflict_end::keep_db}));
  CAF_REQUIRE(done);
  CAF_CHECK(done->also<task>().empty());
  CAF_CHECK(done->rows.front().ended_by == conflict_end::keep_db);
}

CAF_TEST(only an open conflict with this very id can be resolved) {
  auto x = in_conflict();
  auto id = x.conflicts.front().conflict_id;
  for (auto other : {"conflict-7-1", "conflict-8-1762603200000", "", "7"}) {
    auto done = x(resolved({other, conflict_end::keep_db}));
    CAF_REQUIRE(!done);
    CAF_CHECK(classify(done.error()) == errc::not_found);
    CAF_CHECK_EQUAL(detail(done.error()),
                    "Conflict " + std::string{other} + " not found");
  }
  x.conflicts.front().ended_by = conflict_end::cleared;
  CAF_CHECK(!x(resolved({id, conflict_end::keep_db})));
  x.conflicts.clear();
  CAF_CHECK(!x(resolved({id, conflict_end::keep_db})));
}

CAF_TEST(clearing ends every conflict and no task changes) {
  auto x = in_conflict();
  auto done = x(cleared());
  CAF_REQUIRE(done);
  CAF_REQUIRE_EQUAL(done->rows.size(), 1u);
  CAF_CHECK(done->rows.front().ended_by == conflict_end::cleared);
  CAF_CHECK(done->also<task>().empty());
}

CAF_TEST(a conflict id that is none names no task) {
  for (auto text : {"", "conflict-", "conflict-x-1", "7", "conflict--7-1",
                    "conflict-99999999999999999999-1"})
    CAF_CHECK(task_of_conflict(text) <= 0);
  CAF_CHECK_EQUAL(task_of_conflict("conflict-12-3"), 12);
}
