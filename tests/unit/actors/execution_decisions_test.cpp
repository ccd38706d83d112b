#define CAF_SUITE execution_decisions
#include "actors/execution_decisions.hpp"
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

/// Agent 3 is shared, task 7 of user 1.
struct scene {
  row_map<agent> agents;
  row_map<task> tasks;
  facts<execution> now;

  scene() {
    auto& a = agents[3];
    a.id = 3;
    a.name = "a";
    auto& t = tasks[7];
    t.id = 7;
    t.skill_name = "s";
    t.schedule_cron = "0 9 * * *";
    t.next_run_at = noon + std::chrono::hours{-1};
    t.user_id = "1";
    now.now = noon;
    now.new_id = 42;
    now.show(agents).show(tasks);
  }
  scene(const scene&) = delete;

  caf::expected<outcome<execution>> report(execution_status status,
                                           const call& who = by(1)) {
    given_fields.agent_id = 3;
    given_fields.task_id = 7;
    given_fields.status = status;
    return reported(who, given_fields)(now);
  }

  execution& open(int64_t id, std::optional<int64_t> who) {
    auto& x = now.rows.emplace_back();
    x.id = id;
    x.task_id = 7;
    x.agent_id = who;
    x.started_at = noon + std::chrono::seconds{-5};
    return x;
  }

  activity given_fields;
};

errc code(const caf::expected<outcome<execution>>& x) {
  return x ? errc{} : classify(x.error());
}

std::string types(const events& list) {
  std::string out;
  for (auto& x : list)
    out += x.type + '/' + x.status.value_or("") + ' ';
  return out;
}

} // namespace

CAF_TEST(the agent follows what it reports) {
  const std::pair<execution_status, agent_status> table[] = {
      {execution_status::running, agent_status::busy},
      {execution_status::success, agent_status::idle},
      {execution_status::failed, agent_status::error},
      {execution_status::timeout, agent_status::error},
      {execution_status::cancelled, agent_status::idle},
  };
  for (auto& [reported_status, expected] : table) {
    scene x;
    auto done = x.report(reported_status);
    CAF_REQUIRE(done);
    auto& who = done->also<agent>().at(0);
    CAF_CHECK(who.status == expected);
    CAF_CHECK(*who.last_active_at == noon);
    CAF_CHECK_EQUAL(who.version, expected == agent_status::idle ? 1 : 2);
    CAF_CHECK(done->also<task>().empty()); // not a run of ours
  }
}

CAF_TEST(a report without an open run is a run of its own) {
  scene x;
  x.given_fields.duration_ms = 300'000;
  x.given_fields.output = "done";
  auto done = x.report(execution_status::success);
  CAF_REQUIRE(done);
  auto& run = done->rows.at(0);
  CAF_CHECK_EQUAL(run.id, 42);
  CAF_CHECK(run.started_at == noon + std::chrono::minutes{-5});
  CAF_CHECK(*run.ended_at == noon);
  CAF_CHECK_EQUAL(*run.agent_id, 3);
  CAF_CHECK_EQUAL(*run.output_text, "done");
}

CAF_TEST(the newest open run of the agent is completed) {
  scene x;
  x.open(10, 3);
  x.open(11, 3);
  x.open(12, 4);
  auto done = x.report(execution_status::failed);
  CAF_REQUIRE(done);
  auto& run = done->rows.at(0);
  CAF_CHECK_EQUAL(run.id, 11);
  CAF_CHECK_EQUAL(*run.duration_ms, 5000);
  CAF_CHECK(run.status == execution_status::failed);
}

CAF_TEST(a waiting run is taken and its end ends the task) {
  scene x;
  x.tasks[7].status = task_status::running;
  x.open(10, std::nullopt).run_after = noon;
  auto taken = x.report(execution_status::running);
  CAF_REQUIRE(taken);
  CAF_CHECK_EQUAL(taken->rows.at(0).id, 10);
  CAF_CHECK(taken->rows.at(0).started_at == noon);
  CAF_CHECK(taken->also<task>().empty());
  x.now.rows = taken->rows;
  auto done = x.report(execution_status::success);
  CAF_REQUIRE(done);
  auto& row = done->also<task>().at(0);
  CAF_CHECK(row.status == task_status::pending);
  CAF_CHECK_EQUAL(to_string(*row.next_run_at), "2025-11-09T09:00:00.000Z");
  CAF_CHECK_EQUAL(types(done->events),
                  "agent_activity_update/success agent_activity/success "
                  "task_status_update/completed task_status_update/pending ");
}

CAF_TEST(a failed run makes an agent error unless it was one) {
  scene x;
  x.given_fields.error = std::string(600, 'e');
  auto done = x.report(execution_status::failed);
  CAF_REQUIRE(done);
  CAF_REQUIRE_EQUAL(done->events.size(), 3u);
  auto& e = done->events.back();
  CAF_CHECK_EQUAL(e.type, "agent_error");
  CAF_CHECK(e.redacted); // the text is for the owner of the task
  CAF_CHECK_EQUAL(*e.owner_id, "1");
  CAF_CHECK(e.data.text.find(R"("error":")" + std::string(497, 'e') + "...")
            != std::string::npos);
  x.agents[3].status = agent_status::error;
  CAF_CHECK_EQUAL(x.report(execution_status::timeout)->events.size(), 2u);
}

CAF_TEST(a one shot stays completed or failed) {
  for (auto status : {execution_status::success, execution_status::timeout}) {
    scene x;
    x.tasks[7].status = task_status::running;
    x.tasks[7].schedule_cron.reset();
    x.open(10, 3).run_after = noon;
    auto done = x.report(status);
    CAF_REQUIRE(done);
    auto& row = done->also<task>().at(0);
    CAF_CHECK(row.status
              == (status == execution_status::success ? task_status::completed
                                                      : task_status::failed));
    CAF_CHECK(!row.next_run_at);
  }
}

CAF_TEST(a status that the owner set meanwhile stays) {
  scene x;
  x.tasks[7].status = task_status::disabled;
  x.open(10, 3).run_after = noon;
  auto done = x.report(execution_status::success);
  CAF_REQUIRE(done);
  CAF_CHECK(done->also<task>().at(0).status == task_status::disabled);
  CAF_CHECK_EQUAL(done->events.size(), 2u);
}

CAF_TEST(absent is found out before foreign) {
  scene x;
  CAF_CHECK(code(x.report(execution_status::success, by(2)))
            == errc::forbidden);
  CAF_CHECK(x.report(execution_status::success, by(9, role::admin)));
  x.agents[3].user_id = 2; // somebody else's private agent
  CAF_CHECK(code(x.report(execution_status::success)) == errc::forbidden);
  x.agents[3].user_id = 1;
  CAF_CHECK(x.report(execution_status::success));
  x.agents[3].deleted_at = noon;
  CAF_CHECK(code(x.report(execution_status::success)) == errc::not_found);
  x.agents.clear();
  auto y = x.report(execution_status::success);
  CAF_CHECK_EQUAL(detail(y.error()), "Agent 3 not found");
}

CAF_TEST(an event tells of texts in short and to the owner alone) {
  scene x;
  x.given_fields.output = std::string(2000, 'x');
  x.given_fields.error = "";
  auto done = x.report(execution_status::success);
  CAF_REQUIRE(done);
  auto& e = done->events.at(0);
  CAF_CHECK_EQUAL(e.audience, "everyone");
  CAF_CHECK(e.redacted);
  CAF_CHECK_EQUAL(*e.owner_id, "1");
  CAF_CHECK_EQUAL(e.data.text,
                  R"({"agent_id":3,"duration_ms":0,"error":null,"output":")"
                      + std::string(997, 'x')
                      + R"(...","status":"success","task_id":7,)"
                        R"("timestamp":"2025-11-08T12:00:00.000Z"})");
  CAF_CHECK_EQUAL(e.payload.text,
                  R"({"agentId":"3","currentTask":null,"status":"idle",)"
                  R"("timestamp":"2025-11-08T12:00:00.000Z"})");
}

CAF_TEST(a task is run now unless it runs already) {
  scene x;
  auto started = started_run(by(1), 7)(x.now);
  CAF_REQUIRE(started);
  auto& run = started->rows.at(0);
  CAF_CHECK(run.waiting());
  CAF_CHECK_EQUAL(run.id, 42);
  auto& row = started->also<task>().at(0);
  CAF_CHECK(row.status == task_status::running);
  CAF_CHECK(*row.last_run_at == noon);
  CAF_CHECK_EQUAL(types(started->events), "task_status_update/running ");
  CAF_CHECK(code(started_run(by(2), 7)(x.now)) == errc::forbidden);
  CAF_CHECK(code(started_run(by(1), 8)(x.now)) == errc::not_found);
  x.open(10, 3);
  auto twice = started_run(by(1), 7)(x.now);
  CAF_CHECK(code(twice) == errc::conflict);
  CAF_CHECK_EQUAL(detail(twice.error()), "Task 7 is already running");
  x.now.rows.clear();
  x.tasks[7].status = task_status::deleted;
  CAF_CHECK(code(started_run(by(1), 7)(x.now)) == errc::conflict);
}
