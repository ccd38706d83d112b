// Runs: run now, what agents report, history (rest-api sections 7 and 11).
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/paging.hpp"
#include "net/routes.hpp"
#include "net/task_json.hpp"

namespace callboard::net {

namespace {

void run_task(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  x->ask<changed<execution>>(
      x->server().executions(),
      [x](const changed<execution>& done) {
        auto& run = done.rows.front();
        x->send(202, json_object{}
                         .put("task_id", run.task_id)
                         .put("execution_id", run.id)
                         .put("status", run.status)
                         .done());
      },
      atom::run_v, x->caller(), *id);
}

void report_activity(const exchange_ptr& x) {
  auto given_fields = x->read<activity>(&rules::create);
  if (!given_fields)
    return;
  x->ask<changed<execution>>(
      x->server().executions(),
      [x](const changed<execution>& done) {
        auto& run = done.rows.front();
        x->send(201, json_object{}
                         .put("status", "success")
                         .put("message", "Agent activity logged successfully")
                         .put("agent_id", run.agent_id)
                         .put("task_id", run.task_id)
                         .put("execution_id", run.id)
                         .put("stored_in_memory_mcp", false) // no memory yet
                         .put("broadcasted_via_websocket", done.position > 0)
                         .done());
      },
      atom::report_v, x->caller(), std::move(given_fields->values));
}

void show_history(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  history_query wanted{*id};
  read_paging(x->query(), wanted, 20, 100);
  if (!x->query_is_good())
    return;
  x->ask<task_history>(
      x->server().executions(),
      [x, wanted](const task_history& found) {
        x->send(200, page_json("executions", executions_json(found.runs.rows),
                               found.runs.total, wanted));
      },
      atom::list_v, x->caller(), wanted);
}

constexpr route table[] = {
    {verb::post, "/api/v1/tasks/{task_id}/run", run_task},
    {verb::get, "/api/v1/tasks/{task_id}/history", show_history},
    {verb::post, "/api/v1/agents/activity", report_activity, access::user,
     bucket::activity},
};

} // namespace

std::span<const route> execution_routes() { return table; }

} // namespace callboard::net
