#define CAF_SUITE task_decisions
#include "actors/task_decisions.hpp"
#include "protocols/error.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;

namespace {

constexpr timestamp noon{1'762'603'200'000}; // 2025-11-08T12:00:00Z

call by(int64_t user, role as = role::user) {
  call out;
  out.user_id = user;
  out.as = as;
  return out;
}

task row_of(int64_t owner) {
  task x;
  x.id = 7;
  x.skill_name = "build";
  x.schedule_cron = "0 9 * * *";
  x.next_run_at = noon + std::chrono::hours{21};
  x.created_at = x.updated_at = {0};
  x.user_id = std::to_string(owner);
  x.search_text = "\nbuild\n";
  return x;
}

facts<task> with(task row) {
  facts<task> out;
  out.now = noon;
  out.rows.push_back(std::move(row));
  return out;
}

patch<task> schedule(const char* cron) {
  return patch<task>{}
      .give(&task::skill_name, "build")
      .give(&task::schedule_cron, std::string{cron});
}

errc code(const caf::expected<outcome<task>>& x) {
  return x ? errc{} : classify(x.error());
}

} // namespace

CAF_TEST(a new task runs first strictly after now and belongs to its caller) {
  facts<task> now;
  now.now = noon;
  now.new_id = 42;
  auto x = created(by(3), schedule("0 12 * * *"))(now);
  CAF_REQUIRE(x);
  auto& row = x->rows.front();
  CAF_CHECK_EQUAL(row.id, 42);
  CAF_CHECK_EQUAL(*row.user_id, "3");
  CAF_CHECK_EQUAL(to_string(*row.next_run_at), "2025-11-09T12:00:00.000Z");
  CAF_REQUIRE_EQUAL(x->events.size(), 1u);
  CAF_CHECK_EQUAL(x->events[0].type, "calendar_event_created");
  CAF_CHECK_EQUAL(x->events[0].audience, "3");
}

CAF_TEST(a schedule that never matches is a bad request) {
  facts<task> now;
  now.now = noon;
  CAF_CHECK(code(created(by(1), schedule("0 0 30 2 *"))(now))
            == errc::bad_request);
}

CAF_TEST(a project must be there alive and of the caller) {
  auto given = schedule("0 12 * * *").give(&task::project_id, 5);
  facts<task> now;
  now.now = noon;
  CAF_CHECK(code(created(by(1), given)(now)) == errc::not_found);
  row_map<project_reference> projects{{5, {5, 1, project_status::deleted}}};
  now.show(projects);
  CAF_CHECK(code(created(by(1), given)(now)) == errc::not_found);
  projects[5] = {5, 2, project_status::active};
  CAF_CHECK(code(created(by(1), given)(now)) == errc::forbidden);
  CAF_CHECK(created(by(9, role::admin), given)(now));
  projects[5] = {5, 1, project_status::paused};
  CAF_CHECK(created(by(1), given)(now));
}

CAF_TEST(absent is found out before foreign and foreign before the change) {
  auto change = patch<task>{}.give(&task::status, task_status::running);
  CAF_CHECK(code(updated(by(1), 7, change)({})) == errc::not_found);
  CAF_CHECK(code(updated(by(1), 7, change)(with(row_of(2))))
            == errc::forbidden);
  CAF_CHECK(updated(by(9, role::admin), 7, change)(with(row_of(2))));
  auto ownerless = row_of(1);
  ownerless.user_id.reset();
  CAF_CHECK(code(updated(by(1), 7, change)(with(ownerless)))
            == errc::forbidden);
}

CAF_TEST(a version that the caller does not know is left alone) {
  auto change = patch<task>{}.give(&task::title, std::string{"t"});
  auto ctx = by(1);
  ctx.if_match = {"7.2"};
  CAF_CHECK(code(updated(ctx, 7, change)(with(row_of(1))))
            == errc::precondition_failed);
  CAF_CHECK(code(removed(ctx, 7)(with(row_of(1))))
            == errc::precondition_failed);
  CAF_CHECK(code(updated(ctx, 7, change)({})) == errc::not_found);
  CAF_CHECK(code(updated(ctx, 7, change)(with(row_of(2)))) == errc::forbidden);
  ctx.if_match = {"7.1"};
  CAF_CHECK(updated(ctx, 7, change)(with(row_of(1))));
}

CAF_TEST(an answer is made to be kept only for a request with a key) {
  facts<task> now;
  now.now = noon;
  now.new_id = 42;
  auto plain = created(by(3), schedule("0 12 * * *"))(now);
  CAF_REQUIRE(plain);
  CAF_CHECK_EQUAL(plain->kept.status, 0);
  auto ctx = by(3);
  ctx.once.key = "k";
  auto keyed = created(ctx, schedule("0 12 * * *"))(now);
  CAF_REQUIRE(keyed);
  CAF_CHECK_EQUAL(keyed->kept.status, 201);
  CAF_CHECK_EQUAL(keyed->kept.location, "/api/v1/tasks/42");
  CAF_CHECK_EQUAL(keyed->kept.tag, "\"s42.1\"");
  CAF_CHECK(keyed->kept.body.starts_with("{\"id\":42,"));
}

CAF_TEST(only a status that really changes is announced) {
  auto same = patch<task>{}.give(&task::status, task_status::pending);
  auto x = updated(by(1), 7, same)(with(row_of(1)));
  CAF_REQUIRE(x);
  CAF_CHECK(x->events.empty());
  CAF_CHECK_EQUAL(x->rows.front().version, 1);
  CAF_CHECK_EQUAL(x->rows.front().updated_at.ms, 0);
  auto other = patch<task>{}.give(&task::status, task_status::running);
  auto y = updated(by(1), 7, other)(with(row_of(1)));
  CAF_REQUIRE(y);
  CAF_REQUIRE_EQUAL(y->events.size(), 1u);
  CAF_CHECK_EQUAL(y->events[0].type, "task_status_update");
  CAF_CHECK_EQUAL(y->rows.front().version, 2);
  CAF_CHECK(y->rows.front().updated_at == noon);
}

CAF_TEST(another schedule moves the next run and says so) {
  auto change
      = patch<task>{}.give(&task::schedule_cron, std::string{"30 12 * * *"});
  auto x = updated(by(1), 7, change)(with(row_of(1)));
  CAF_REQUIRE(x);
  CAF_CHECK_EQUAL(to_string(*x->rows.front().next_run_at),
                  "2025-11-08T12:30:00.000Z");
  CAF_REQUIRE_EQUAL(x->events.size(), 1u);
  CAF_CHECK_EQUAL(x->events[0].type, "calendar_event_created");
}

CAF_TEST(a deleted task is only restored or deleted again) {
  auto gone = row_of(1);
  gone.status = task_status::deleted;
  gone.next_run_at = timestamp{5};
  auto title = patch<task>{}.give(&task::title, std::string{"x"});
  CAF_CHECK(code(updated(by(1), 7, title)(with(gone))) == errc::rejected);
  auto run = patch<task>{}.give(&task::status, task_status::running);
  CAF_CHECK(code(updated(by(1), 7, run)(with(gone))) == errc::rejected);
  CAF_CHECK(updated(by(1), 7, {})(with(gone)));
  auto again = removed(by(1), 7)(with(gone));
  CAF_REQUIRE(again);
  CAF_CHECK(again->events.empty());
  auto restore = patch<task>{}.give(&task::status, task_status::pending);
  auto x = updated(by(1), 7, restore)(with(gone));
  CAF_REQUIRE(x);
  CAF_CHECK(x->rows.front().status == task_status::pending);
  CAF_CHECK(*x->rows.front().next_run_at > noon);
}

CAF_TEST(deleting announces the status deleted) {
  auto x = removed(by(1), 7)(with(row_of(1)));
  CAF_REQUIRE(x);
  CAF_REQUIRE_EQUAL(x->events.size(), 1u);
  CAF_CHECK_EQUAL(*x->events[0].status, "deleted");
}

CAF_TEST(deleting cancels the runs that nobody took) {
  execution waiting;
  waiting.id = 1;
  waiting.task_id = 7;
  waiting.run_after = noon;
  auto taken = waiting;
  taken.id = 2;
  taken.agent_id = 3;
  auto foreign = waiting;
  foreign.id = 3;
  foreign.task_id = 8;
  row_map<execution> open{{1, waiting}, {2, taken}, {3, foreign}};
  auto now = with(row_of(1));
  now.show(open);
  auto x = removed(by(1), 7)(now);
  CAF_REQUIRE(x);
  auto& runs = x->also<execution>();
  CAF_REQUIRE_EQUAL(runs.size(), 1u);
  CAF_CHECK_EQUAL(runs[0].id, 1);
  CAF_CHECK(runs[0].status == execution_status::cancelled);
}

namespace {

/// Tasks 1 to 4 of project 5, at 2, 1 and nowhere.
facts<task> in_project() {
  facts<task> out;
  out.now = noon;
  for (int64_t id = 1; id <= 4; ++id) {
    auto row = row_of(1);
    row.id = id;
    row.project_id = 5;
    out.rows.push_back(row);
  }
  out.rows[0].position = 2;
  out.rows[1].position = 1;
  return out;
}

std::string order(const caf::expected<outcome<task>>& x) {
  std::string out;
  for (auto& row : x->rows)
    out += std::to_string(row.id) + '@' + std::to_string(*row.position) + ' ';
  return out;
}

} // namespace

CAF_TEST(the named tasks come first and the others keep their order) {
  row_map<project_reference> projects{{5, {5, 1, project_status::active}}};
  auto now = in_project();
  now.show(projects);
  auto x = reordered(by(1), 5, {{4, 1}})(now);
  CAF_REQUIRE(x);
  CAF_CHECK_EQUAL(order(x), "4@1 1@2 2@3 3@4 ");
  auto none = reordered(by(1), 5, {})(now);
  CAF_REQUIRE(none);
  CAF_CHECK_EQUAL(order(none), "2@1 1@2 3@3 4@4 ");
  CAF_CHECK_EQUAL(none->rows[0].version, 1); // it stood there
  CAF_CHECK_EQUAL(none->rows[2].version, 2);
}

CAF_TEST(an order names only tasks of the project and each once) {
  row_map<project_reference> projects{{5, {5, 1, project_status::active}}};
  auto now = in_project();
  now.show(projects);
  CAF_CHECK(code(reordered(by(1), 5, {{1, 9}})(now)) == errc::rejected);
  CAF_CHECK(code(reordered(by(1), 5, {{1, 1}})(now)) == errc::rejected);
  CAF_CHECK(code(reordered(by(2), 5, {{1}})(now)) == errc::forbidden);
  CAF_CHECK(code(reordered(by(1), 6, {{1}})(now)) == errc::not_found);
}
