#include "actors/conflict_repository.hpp"

#include "actors/sync_decisions.hpp"
#include "protocols/error.hpp"

namespace callboard::actors {

namespace {

using changed_conflict = changed<sync_conflict>;
using request = change_request<sync_conflict>;

caf::error refuse_others(const call& ctx) {
  if (ctx.is_admin())
    return caf::none;
  return caf::make_error(errc::forbidden,
                         std::string{"Admin privileges required"});
}

request import_of(const call& ctx, const schedule_import& file) {
  request out;
  out.ctx = ctx;
  for (auto& x : file.entries) {
    out.rows.keys.emplace_back(x.values.id);
    if (x.values.status == task_status::deleted)
      out.also<execution>().keys.emplace_back(x.values.id);
  }
  out.also<task>().keys = out.rows.keys;
  out.also<execution>().by = lookup::open_of_task;
  out.decide = imported(file);
  return out;
}

request resolution_of(const call& ctx, const conflict_resolution& wanted) {
  auto id = task_of_conflict(wanted.conflict_id);
  request out;
  out.ctx = ctx;
  out.rows.keys = {id};
  out.also<task>().keys = {id};
  out.also<execution>() = {lookup::open_of_task, {id}};
  out.decide = resolved(wanted);
  return out;
}

request clearing_of(const call& ctx) {
  request out;
  out.ctx = ctx;
  out.rows.by = lookup::open_conflicts;
  out.decide = cleared();
  return out;
}

} // namespace

conflict_repository_actor::behavior_type conflict_repository(
    conflict_repository_actor::stateful_pointer<conflict_repository_state> self,
    store_source store) {
  self->state.lanes.open(self, store);
  auto change = [self](request wanted) {
    return self->state.lanes.change(
        self->make_response_promise<changed_conflict>(), std::move(wanted),
        [](changed_conflict x) { return x; });
  };
  return {
      [=](atom::update, const call& ctx,
          const schedule_import& file) -> caf::result<changed_conflict> {
        if (auto err = refuse_others(ctx))
          return err;
        return change(import_of(ctx, file));
      },
      [=](atom::update, const call& ctx,
          const conflict_resolution& wanted) -> caf::result<changed_conflict> {
        if (auto err = refuse_others(ctx))
          return err;
        return change(resolution_of(ctx, wanted));
      },
      [=](atom::remove, const call& ctx) -> caf::result<int64_t> {
        if (auto err = refuse_others(ctx))
          return err;
        return self->state.lanes.change(
            self->make_response_promise<int64_t>(), clearing_of(ctx),
            [](const changed_conflict& x) {
              return static_cast<int64_t>(x.rows.size());
            });
      },
      [=](atom::list, const call& ctx,
          const conflict_query& query) -> caf::result<page<sync_conflict>> {
        if (auto err = refuse_others(ctx))
          return err;
        return self->state.lanes.ask<page<sync_conflict>>(self, store, ctx,
                                                          query);
      },
      [=](atom::sweep) { self->state.lanes.sweep(); },
  };
}

} // namespace callboard::actors
