#include "actors/task_repository.hpp"

#include "actors/task_decisions.hpp"

namespace callboard::actors {

namespace {

using changed_task = changed<task>;

/// A change of one task; `projects`: what the decision may have to look up.
change_request<task> change_of(const call& ctx, int64_t id,
                               const patch<task>& changes,
                               decision<task> decide) {
  change_request<task> out;
  out.ctx = ctx;
  if (id != 0)
    out.rows = {lookup::id, {id}};
  out.inserts = id == 0;
  if (changes.has(&task::project_id) && changes.values.project_id)
    out.projects.push_back(*changes.values.project_id);
  out.decide = std::move(decide);
  return out;
}

caf::expected<task_detail> visible(const call& ctx, int64_t id,
                                   std::vector<task_detail> rows) {
  if (rows.empty())
    return caf::make_error(errc::not_found,
                           "Task " + std::to_string(id) + " not found");
  if (auto err = refuse_access(ctx, rows.front().row))
    return err;
  return std::move(rows.front());
}

} // namespace

task_repository_actor::behavior_type task_repository(
    task_repository_actor::stateful_pointer<task_repository_state> self,
    store_source store) {
  self->state.lanes.open(self, store);
  auto change = [self](change_request<task> request) {
    return self->state.lanes.change(self->make_response_promise<changed_task>(),
                                    std::move(request),
                                    [](changed_task x) { return x; });
  };
  return {
      [=](atom::create, const call& ctx,
          const patch<task>& given_fields) -> caf::result<changed_task> {
        return change(
            change_of(ctx, 0, given_fields, created(ctx, given_fields)));
      },
      [=](atom::update, const call& ctx, int64_t id,
          const patch<task>& changes) -> caf::result<changed_task> {
        return change(change_of(ctx, id, changes, updated(ctx, id, changes)));
      },
      [=](atom::remove, const call& ctx,
          int64_t id) -> caf::result<changed_task> {
        return change(change_of(ctx, id, {}, removed(ctx, id)));
      },
      [=](atom::fetch, const call& ctx,
          int64_t id) -> caf::result<task_detail> {
        return self->state.lanes.fetch(
            self->make_response_promise<task_detail>(), ctx, {lookup::id, {id}},
            [ctx, id](std::vector<task_detail> rows) {
              return visible(ctx, id, std::move(rows));
            });
      },
      [=](atom::list, const call& ctx,
          const task_query& query) -> caf::result<page<task>> {
        if (!ctx.is_admin() && query.owner != ctx.actor())
          return refuse_list(ctx, query.owner);
        auto target = store();
        if (!target)
          return caf::make_error(errc::unavailable);
        return self->delegate(target, atom::list_v, query, ctx.deadline);
      },
      [=](atom::sweep) { self->state.lanes.sweep(); },
  };
}

} // namespace callboard::actors
