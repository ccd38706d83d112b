#include "actors/project_repository.hpp"

#include "actors/ownership.hpp"
#include "actors/project_decisions.hpp"

namespace callboard::actors {

namespace {

using changed_project = changed<project>;

change_request<project> change_of(const call& ctx, int64_t id,
                                  decision<project> decide) {
  change_request<project> out;
  out.ctx = ctx;
  if (id != 0)
    out.rows = {lookup::id, {id}};
  out.inserts = id == 0;
  out.decide = std::move(decide);
  return out;
}

change_request<project> update_of(const call& ctx, int64_t id,
                                  const patch<project>& changes) {
  auto out = change_of(ctx, id, updated_project(ctx, id, changes));
  if (ctx.is_admin() && changes.has(&project::status)) // perhaps a restore
    out.also<task>() = {lookup::deleted_of_project, {id}};
  return out;
}

change_request<project> removal_of(const call& ctx, int64_t id) {
  auto out = change_of(ctx, id, removed_project(ctx, id));
  out.also<task>() = {lookup::living_of_project, {id}};
  out.also<execution>() = {lookup::open_of_project, {id}};
  return out;
}

caf::error refuse_unseen(const call& ctx, int64_t id,
                         const project_detail& found) {
  if (found.row.id == 0)
    return absent("Project", id);
  return refuse_access(ctx, found.row);
}

} // namespace

project_repository_actor::behavior_type project_repository(
    project_repository_actor::stateful_pointer<project_repository_state> self,
    store_source store) {
  self->state.lanes.open(self, store);
  auto change = [self](change_request<project> request) {
    return self->state.lanes.change(
        self->make_response_promise<changed_project>(), std::move(request),
        [](changed_project x) { return x; });
  };
  return {
      [=](atom::create, const call& ctx,
          const patch<project>& given_fields) -> caf::result<changed_project> {
        return change(change_of(ctx, 0, created_project(ctx, given_fields)));
      },
      [=](atom::update, const call& ctx, int64_t id,
          const patch<project>& changes) -> caf::result<changed_project> {
        return change(update_of(ctx, id, changes));
      },
      [=](atom::remove, const call& ctx,
          int64_t id) -> caf::result<changed_project> {
        return change(removal_of(ctx, id));
      },
      [=](atom::fetch, const call& ctx,
          const project_tasks_query& query) -> caf::result<project_detail> {
        return self->state.lanes.ask<project_detail>(
            self, store, ctx, query,
            [ctx, id = query.project_id](const project_detail& found) {
              return refuse_unseen(ctx, id, found);
            });
      },
      [=](atom::list, const call& ctx,
          const project_query& query) -> caf::result<page<project>> {
        if (!ctx.is_admin() && query.owner != ctx.user_id)
          return foreign(ctx, "projects", 0, std::to_string(query.owner));
        return self->state.lanes.ask<page<project>>(self, store, ctx, query);
      },
      [=](atom::sweep) { self->state.lanes.sweep(); },
  };
}

} // namespace callboard::actors
