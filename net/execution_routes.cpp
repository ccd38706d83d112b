// Runs: run now, what agents report, history (rest-api sections 7 and 11).
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
      [on_page](const task_history& found) { on_page(found.runs); },
      atom::list_v, x->caller(), wanted);
}

void show_history(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  history_query wanted{*id, read_range(x->query())};
  read_paging(x, "executions", wanted, 20, 100);
  if (!x->query_is_good())
    return;
  ask_page(x, wanted, [x, wanted](const page<execution>& found) {
    x->send(200,
            page_json(*x, "executions", found, wanted, row_json<execution>));
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

constexpr route table[] = {
    {verb::post, "/api/v1/tasks/{task_id}/run", run_task, access::user,
     bucket::standard, answers::kept},
    {verb::get, "/api/v1/tasks/{task_id}/history", show_history},
    {verb::get, "/api/v1/tasks/{task_id}/history/export", export_history},
    {verb::post, "/api/v1/agents/activity", report_activity, access::user,
     bucket::activity, answers::kept},
};

} // namespace

std::span<const route> execution_routes() { return table; }

} // namespace callboard::net
