#include "actors/execution_repository.hpp"

#include "actors/agent_decisions.hpp"
#include "actors/execution_decisions.hpp"
#include "actors/ownership.hpp"
#include "actors/task_decisions.hpp"

namespace callboard::actors {

namespace {

using changed_run = changed<execution>;

/// A change around one task: its open runs, and room for another.
change_request<execution> change_of(const call& ctx, int64_t task_id,
                                    decision<execution> decide) {
  change_request<execution> out;
  out.ctx = ctx;
  out.rows = {lookup::open_of_task, {task_id}};
  out.also<task>() = {lookup::id, {task_id}};
  out.inserts = true;
  out.decide = std::move(decide);
  return out;
}

change_request<execution> report_of(const call& ctx,
                                    const activity& given_fields) {
  auto out = change_of(ctx, given_fields.task_id, reported(ctx, given_fields));
  out.also<agent>() = {lookup::id, {given_fields.agent_id}};
  return out;
}

caf::expected<task_history> visible(const call& ctx, int64_t id,
                                    task_history found) {
  if (found.row.id == 0)
    return absent("Task", id);
  if (auto err = refuse_access(ctx, found.row))
    return err;
  return found;
}

} // namespace

execution_repository_actor::behavior_type execution_repository(
    execution_repository_actor::stateful_pointer<execution_repository_state>
        self,
    store_source store) {
  self->state.lanes.open(self, store);
  auto change = [self](change_request<execution> request) {
    return self->state.lanes.change(self->make_response_promise<changed_run>(),
                                    std::move(request),
                                    [](changed_run x) { return x; });
  };
  return {
      [=](atom::run, const call& ctx, int64_t id) -> caf::result<changed_run> {
        return change(change_of(ctx, id, started_run(ctx, id)));
      },
      [=](atom::report, const call& ctx,
          const activity& given_fields) -> caf::result<changed_run> {
        return change(report_of(ctx, given_fields));
      },
      [=](atom::list, const call& ctx,
          const history_query& query) -> caf::result<task_history> {
        return ask_store<task_history>(
            self, store, ctx, query,
            [ctx, id = query.task_id](task_history found) {
              return visible(ctx, id, std::move(found));
            });
      },
      [=](atom::list, const call& ctx,
          const activity_query& query) -> caf::result<agent_runs> {
        return ask_store<agent_runs>(self, store, ctx, query,
                                     [ctx](agent_runs found) {
                                       hide_foreign(ctx, found.rows);
                                       return found;
                                     });
      },
      [=](atom::sweep) { self->state.lanes.sweep(); },
  };
}

} // namespace callboard::actors
