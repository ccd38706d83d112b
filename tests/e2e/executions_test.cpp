#define CAF_SUITE executions
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <thread>

using namespace callboard;
using namespace callboard::test;

namespace {

int64_t task(served& x, const char* cron = "0 9 * * *") {
  auto made = x.client.post("/api/v1/tasks",
                            std::string{R"({"skill_name":"s",)"}
                                + R"("schedule_cron":")" + cron + "\"}");
  CAF_REQUIRE_EQUAL(made.status, 201);
  return made.number("id");
}

int64_t agent(served& x, const std::string& name = "a") {
  auto made = x.client.post("/api/v1/agents",
                            R"({"type":"coder","name":")" + name + "\"}");
  CAF_REQUIRE_EQUAL(made.status, 201);
  return made.number("id");
}

std::string task_item(int64_t id, const std::string& more = "") {
  return "/api/v1/tasks/" + std::to_string(id) + more;
}

std::string agent_item(int64_t id) {
  return "/api/v1/agents/" + std::to_string(id);
}

answer report(served& x, int64_t who, int64_t what, const std::string& status,
              const std::string& more = "") {
  return x.client.post("/api/v1/agents/activity",
                       "{\"agent_id\":" + std::to_string(who)
                           + ",\"task_id\":" + std::to_string(what)
                           + ",\"status\":\"" + status + '"' + more + '}');
}

/// A member of the first row of a list.
std::string first(const answer& x, const char* list, const char* name) {
  auto document = x.json();
  if (!document.HasMember(list) || document[list].Empty())
    return "nothing: " + x.body;
  auto& value = document[list][0][name];
  return value.IsString() ? value.GetString() : canonical(value);
}

} // namespace

CAF_TEST(what an agent reports is a run and the agent follows) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto what = task(x);
    auto who = agent(x);
    auto began = report(x, who, what, "running");
    CAF_REQUIRE_EQUAL(began.status, 201);
    CAF_CHECK_EQUAL(began.text("status"), "success");
    CAF_CHECK_EQUAL(began.text("message"),
                    "Agent activity logged successfully");
    CAF_CHECK_EQUAL(began.number("agent_id"), who);
    CAF_CHECK_EQUAL(began.number("task_id"), what);
    CAF_CHECK_EQUAL(began.text("broadcasted_via_websocket"), "true");
    CAF_CHECK_EQUAL(began.text("stored_in_memory_mcp"), "false");
    CAF_CHECK_EQUAL(x.client.get(agent_item(who)).text("status"), "busy");
    auto ended = report(x, who, what, "success",
                        R"(,"output":"o","duration_ms":300000,)"
                        R"("result":{"b":2,"a":1})");
    CAF_REQUIRE_EQUAL(ended.status, 201);
    CAF_CHECK_EQUAL(ended.number("execution_id"), began.number("execution_id"));
    auto shown = x.client.get(agent_item(who));
    CAF_CHECK_EQUAL(shown.text("status"), "idle");
    CAF_CHECK(shown.text("last_active_at") != "null");
    CAF_CHECK_EQUAL(first(shown, "execution_history", "status"), "success");
    CAF_CHECK_EQUAL(first(shown, "execution_history", "task_id"),
                    std::to_string(what));
    CAF_CHECK_EQUAL(first(shown, "execution_history", "duration_ms"), "300000");
    CAF_CHECK_EQUAL(first(shown, "execution_history", "output_text"), "o");
    CAF_CHECK_EQUAL(first(shown, "execution_history", "result"),
                    R"({"a":1,"b":2})");
    auto seen = x.client.get(task_item(what));
    CAF_CHECK_EQUAL(first(seen, "execution_results", "output_text"), "o");
    CAF_CHECK_EQUAL(seen.text("status"), "pending"); // no run of ours
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM execution_results"), 1);
    CAF_CHECK_EQUAL(
        x.count(
            "SELECT count(*) FROM events WHERE type = "
            "'agent_activity_update' AND audience = 'everyone' AND owner_id "
            "= '2' AND redacted"
            + std::string{x.sqlite() ? " = 1" : ""}),
        2);
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM events WHERE type = 'agent_activity'"),
        2);
    CAF_CHECK_EQUAL(x.count("SELECT max(position) - count(*) FROM events"), 0);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM audit_logs WHERE table_name "
                            "= 'execution_results'"),
                    2);
  });
}

CAF_TEST(metrics come from the finished runs of the agent) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto what = task(x);
    auto who = agent(x);
    auto other = agent(x, "b");
    report(x, who, what, "success", R"(,"duration_ms":100)");
    report(x, who, what, "success", R"(,"duration_ms":101)");
    report(x, who, what, "failed", R"(,"duration_ms":100,"error":"e")");
    report(x, other, what, "failed", R"(,"duration_ms":9999)");
    report(x, who, what, "running");
    auto shown = x.client.get(agent_item(who) + "?history_limit=2");
    CAF_CHECK_EQUAL(shown.text("success_rate"), "0.6667");
    CAF_CHECK_EQUAL(shown.text("avg_duration_ms"), "100.33");
    CAF_CHECK_EQUAL(shown.json()["execution_history"].Size(), 2u);
    CAF_CHECK_EQUAL(first(shown, "execution_history", "status"), "running");
  });
}

CAF_TEST(activity is for the owner of the task and of a private agent) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto what = task(x);
    auto who = agent(x);
    CAF_CHECK_EQUAL(report(x, 99'999, what, "success").detail(),
                    "Agent 99999 not found");
    CAF_CHECK_EQUAL(report(x, who, 99'999, "success").detail(),
                    "Task 99999 not found");
    CAF_CHECK_EQUAL(report(x, who, 0, "success").status, 404);
    report(x, who, what, "failed", R"(,"output":"secret","error":"hush")");
    x.client.sign_up("bob");
    CAF_CHECK_EQUAL(report(x, who, what, "success").status, 403);
    auto own = task(x);
    CAF_CHECK_EQUAL(report(x, who, own, "success").status, 403);
    auto bobs = agent(x, "b");
    CAF_CHECK_EQUAL(report(x, bobs, what, "success").status, 403);
    CAF_CHECK_EQUAL(report(x, bobs, own, "success").status, 201);
    auto shown = x.client.get(agent_item(who));
    CAF_CHECK_EQUAL(first(shown, "execution_history", "status"), "failed");
    CAF_CHECK_EQUAL(first(shown, "execution_history", "output_text"), "null");
    CAF_CHECK_EQUAL(first(shown, "execution_history", "error_text"), "null");
    x.log_in_admin();
    CAF_CHECK_EQUAL(first(x.client.get(agent_item(who)), "execution_history",
                          "output_text"),
                    "secret");
    CAF_CHECK_EQUAL(report(x, who, own, "success").status, 201);
    x.client.del(agent_item(who));
    CAF_CHECK_EQUAL(report(x, who, what, "success").status, 404);
    // The history outlives the agent.
    CAF_CHECK_EQUAL(x.client.get(task_item(what, "/history")).number("total"),
                    1);
  });
}

CAF_TEST(a bad report is refused and says where) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto what = task(*x);
  auto who = agent(*x);
  const std::tuple<std::string, const char*> table[] = {
      {R"(,"duration_ms":-1)", "greater_than_equal"},
      {R"(,"duration_ms":2147483648)", "less_than_equal"},
      {R"(,"duration_ms":1.5)", "int_type"},
      {R"(,"output":7)", "string_type"},
      {R"(,"error":[])", "string_type"},
      {R"(,"result":[])", "dict_type"},
      {R"(,"result":{"x":")" + std::string(65'536, 'x') + "\"}", "value_error"},
  };
  for (auto& [more, type] : table) {
    auto refused = report(*x, who, what, "success", more);
    CAF_CHECK_EQUAL(refused.status, 422);
    CAF_CHECK_EQUAL(refused.detail(), type);
  }
  CAF_CHECK_EQUAL(report(*x, who, what, "done").detail(), "enum");
  for (auto body :
       {"{}", R"({"agent_id":1,"task_id":1})", R"({"agent_id":"1"})", "[1]"})
    CAF_CHECK_EQUAL(x->client.post("/api/v1/agents/activity", body).status,
                    422);
  CAF_CHECK_EQUAL(report(*x, who, what, "success", R"(,"output":null)").status,
                  201);
  x->client.token.clear();
  CAF_CHECK_EQUAL(report(*x, who, what, "success").status, 401);
}

CAF_TEST(a task is run now taken by an agent and scheduled again) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto what = task(x);
    auto who = agent(x);
    auto started = x.client.post(task_item(what, "/run"), "");
    CAF_REQUIRE_EQUAL(started.status, 202);
    CAF_CHECK_EQUAL(started.number("task_id"), what);
    CAF_CHECK_EQUAL(started.text("status"), "running");
    auto shown = x.client.get(task_item(what));
    CAF_CHECK_EQUAL(shown.text("status"), "running");
    CAF_CHECK(shown.text("last_run_at") != "null");
    auto twice = x.client.post(task_item(what, "/run"), "");
    CAF_CHECK_EQUAL(twice.status, 409);
    CAF_CHECK_EQUAL(twice.detail(),
                    "Task " + std::to_string(what) + " is already running");
    auto done = report(x, who, what, "success", R"(,"output":"o")");
    CAF_CHECK_EQUAL(done.number("execution_id"),
                    started.number("execution_id"));
    auto after = x.client.get(task_item(what));
    CAF_CHECK_EQUAL(after.text("status"), "pending");
    CAF_CHECK_EQUAL(after.text("next_run_at"), shown.text("next_run_at"));
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events WHERE type = "
                            "'task_status_update' AND status = 'completed'"),
                    1);
    CAF_CHECK_EQUAL(x.client.post(task_item(what, "/run"), "").status, 202);
    CAF_CHECK_EQUAL(x.client.del(task_item(what)).status, 200);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM execution_results WHERE "
                            "status = 'cancelled'"),
                    1);
    CAF_CHECK_EQUAL(x.client.post(task_item(what, "/run"), "").status, 409);
  });
}

CAF_TEST(deleting a project cancels its waiting runs) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post("/api/v1/projects", R"({"name":"P"})");
    auto project = std::to_string(made.number("id"));
    auto what = task(x);
    x.client.put(task_item(what), "{\"project_id\":" + project + '}');
    auto apart = task(x);
    CAF_CHECK_EQUAL(x.client.post(task_item(what, "/run"), "").status, 202);
    CAF_CHECK_EQUAL(x.client.post(task_item(apart, "/run"), "").status, 202);
    CAF_CHECK_EQUAL(x.client.del("/api/v1/projects/" + project).status, 204);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM execution_results WHERE "
                            "status = 'cancelled' AND task_id = "
                            + std::to_string(what)),
                    1);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM execution_results WHERE "
                            "status = 'running' AND task_id = "
                            + std::to_string(apart)),
                    1);
  });
}

CAF_TEST(of many who run a task at once one does) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto what = task(x);
    std::atomic<int> accepted{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, token = x.client.token] {
        api client{x.server.port()};
        client.token = token;
        auto status = client.post(task_item(what, "/run"), "").status;
        accepted += status == 202;
        refused += status == 409;
      });
    for (auto& t : threads)
      t.join();
    CAF_CHECK_EQUAL(accepted.load(), 1);
    CAF_CHECK_EQUAL(refused.load(), 7);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM execution_results"), 1);
  });
}

CAF_TEST(history is paged newest first and the owners alone) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto what = task(x);
    auto who = agent(x);
    for (int i = 0; i < 3; ++i)
      report(x, who, what, "success",
             R"(,"duration_ms":)" + std::to_string(i * 1000));
    auto page = x.client.get(task_item(what, "/history?limit=2&offset=1"));
    CAF_CHECK_EQUAL(page.status, 200);
    CAF_CHECK_EQUAL(page.number("total"), 3);
    CAF_CHECK_EQUAL(page.number("limit"), 2);
    CAF_CHECK_EQUAL(page.number("offset"), 1);
    CAF_CHECK_EQUAL(page.json()["executions"].Size(), 2u);
    // Who took longer began earlier.
    CAF_CHECK_EQUAL(first(page, "executions", "duration_ms"), "1000");
    CAF_CHECK_EQUAL(
        x.client.get(task_item(what, "/history?offset=9")).number("total"), 3);
    for (auto bad : {"?limit=0", "?limit=101", "?offset=-1"})
      CAF_CHECK_EQUAL(x.client.get(task_item(what, "/history") + bad).status,
                      422);
    x.client.sign_up("bob");
    for (auto [method, more] :
         {std::pair{"GET", "/history"}, std::pair{"POST", "/run"}}) {
      CAF_CHECK_EQUAL(x.client.send(method, task_item(what, more)).status, 403);
      CAF_CHECK_EQUAL(x.client.send(method, task_item(99'999, more)).status,
                      404);
      CAF_CHECK_EQUAL(
          x.client.send(method, std::string{"/api/v1/tasks/seven"} + more)
              .status,
          422);
    }
    x.log_in_admin();
    CAF_CHECK_EQUAL(x.client.get(task_item(what, "/history")).number("total"),
                    3);
    CAF_CHECK_EQUAL(x.client.post(task_item(what, "/run"), "").status, 202);
  });
}
