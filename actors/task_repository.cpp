#include "actors/task_repository.hpp"

#include "actors/ownership.hpp"
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
    out.also<project_reference>() = {lookup::id, {*changes.values.project_id}};
  if (changes.has(&task::status)
      && changes.values.status == task_status::deleted)
    out.also<execution>() = {lookup::open_of_task, {id}};
  out.decide = std::move(decide);
  return out;
}

change_request<task> reordering_of(const call& ctx, int64_t project_id,
                                   const task_ordering& wanted) {
  change_request<task> out;
  out.ctx = ctx;
  out.rows = {lookup::living_of_project, {project_id}};
  out.also<project_reference>() = {lookup::id, {project_id}};
  out.decide = reordered(ctx, project_id, wanted.task_ids);
  return out;
}

change_request<task> status_change_of(const call& ctx,
                                      const task_status_change& wanted) {
  change_request<task> out;
  out.ctx = ctx;
  out.rows.keys = {wanted.task_ids.items.begin(), wanted.task_ids.items.end()};
  out.decide = set_status(ctx, wanted);
  return out;
}

caf::expected<task_detail> visible(const call& ctx, int64_t id,
                                   std::vector<task_detail> rows) {
  if (rows.empty())
    return absent("Task", id);
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
        auto gone = patch<task>{}.give(&task::status, task_status::deleted);
        return change(change_of(ctx, id, gone, removed(ctx, id)));
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
        return self->state.lanes.ask<page<task>>(self, store, ctx, query);
      },
      [=](atom::reorder, const call& ctx, int64_t project_id,
          const task_ordering& wanted) -> caf::result<changed_task> {
        return change(reordering_of(ctx, project_id, wanted));
      },
      [=](atom::update, const call& ctx,
          const task_status_change& wanted) -> caf::result<changed_task> {
        return change(status_change_of(ctx, wanted));
      },
      [=](atom::list, const call& ctx,
          const summary_query& query) -> caf::result<summary> {
        if (!ctx.is_admin() && query.owner != ctx.user_id)
          return refuse_list(ctx, std::to_string(query.owner));
        return self->state.lanes.ask<summary>(self, store, ctx, query);
      },
      [=](atom::sweep) { self->state.lanes.sweep(); },
  };
}

} // namespace callboard::actors
