// Runs: run now, what agents report, history (rest-api sections 7 and 11).
#include "net/answer_schemas.hpp"
#include "net/exchange.hpp"
#include "net/export.hpp"
#include "net/json_answer.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

void run_task(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  x->ask<changed<execution>>(
      x->server().executions(),
      [x](const changed<execution>& done) { x->send(done.kept); }, atom::run_v,
      x->caller(), *id);
}

void report_activity(const exchange_ptr& x) {
  auto given_fields = x->read<activity>(&rules::create);
  if (!given_fields)
    return;
  x->ask<changed<execution>>(
      x->server().executions(),
      [x](const changed<execution>& done) { x->send(done.kept); },
      atom::report_v, x->caller(), std::move(given_fields->values));
}

template <class F>
void ask_page(const exchange_ptr& x, const history_query& wanted, F on_page) {
  x->ask<task_history>(
      x->server().executions(),
      [on_page](task_history found) { on_page(std::move(found.runs)); },
      atom::list_v, x->caller(), wanted);
}

void show_history(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  history_query wanted{*id, read_range(x->query())};
  read_paging(x, "executions", wanted);
  if (!x->query_is_good())
    return;
  ask_page(x, wanted, [x, wanted](page<execution> found) {
    send_page(x, "executions", std::move(found), wanted, row_json<execution>);
  });
}

void export_history(const exchange_ptr& x) {
  using job = list_export<execution, history_query>;
  if (auto id = x->id("Task"))
    std::make_shared<job>(
        x, "executions", history_query{*id, read_range(x->query())},
        [x](const history_query& wanted, job::pages take) {
          ask_page(x, wanted, std::move(take));
        },
        row_json<execution>)
        ->start();
}

constexpr auto list_paging = paging(20, 100);

constexpr schema page_of_executions{"ExecutionList", [](schema_book& all) {
                                      return page_schema(all, "executions",
                                                         execution_schema);
                                    }};
constexpr schema execution_rows{"", array_schema<execution_schema>};

/// `accepted_answer`
constexpr schema accepted_schema{
    "RunAccepted", [](schema_book&) {
      return object_schema{}
          .put("task_id", an_integer)
          .put("execution_id", an_integer)
          .put("status", schema_maker<execution_status>::make(nullptr).text())
          .done();
    }};

/// `reported_answer`
constexpr schema reported_schema{"AgentActivityResult", [](schema_book&) {
                                   return object_schema{}
                                       .put("status", choice_of({"success"}))
                                       .put("message", a_text)
                                       .put("agent_id", an_integer)
                                       .put("task_id", an_integer)
                                       .put("execution_id", an_integer)
                                       .put("stored_in_memory_mcp", a_boolean)
                                       .put("broadcasted_via_websocket",
                                            a_boolean)
                                       .done();
                                 }};

constexpr route table[] = {
    {.method = verb::post,
     .pattern = "/api/v1/tasks/{task_id}/run",
     .handle = run_task,
     .answer = answers::kept,
     .id = "runTask",
     .about = "Runs a task now: the run waits until an agent reports for it",
     .gives = {{202, &accepted_schema}},
     .fails = {errc::forbidden, errc::conflict}},
    {.method = verb::get,
     .pattern = "/api/v1/tasks/{task_id}/history",
     .handle = show_history,
     .id = "getTaskExecutions",
     .about = "Lists the runs of a task, the newest first",
     .query = {range_parameters, list_paging},
     .gives = {{200, &page_of_executions}},
     .fails = {errc::forbidden}},
    {.method = verb::get,
     .pattern = "/api/v1/tasks/{task_id}/history/export",
     .handle = export_history,
     .id = "exportTaskExecutions",
     .about = "The same list as a file of at most 10,000 rows",
     .query = {range_parameters, export_parameters},
     .gives = {csv_answer, {200, &execution_rows}},
     .fails = {errc::forbidden}},
    {.method = verb::post,
     .pattern = "/api/v1/agents/activity",
     .handle = report_activity,
     .limit = bucket::activity,
     .answer = answers::kept,
     .id = "logAgentActivity",
     .about = "Reports what an agent does for a task",
     .body = takes<activity, &rules::create>("AgentActivity"),
     .gives = {{201, &reported_schema}},
     .fails = {errc::forbidden, errc::not_found}},
};

} // namespace

std::span<const route> execution_routes() { return table; }

} // namespace callboard::net
