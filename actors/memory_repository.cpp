#include "actors/memory_repository.hpp"

#include "actors/memory_decisions.hpp"
#include "protocols/digest.hpp"
#include "protocols/error.hpp"

namespace callboard::actors {

namespace {

using changed_entry = changed<memory_entry>;

change_request<memory_entry> change_of(const call& ctx, memory_note note) {
  if (!note.task_id)
    note.task_id = "auto-" + uuid4().substr(0, 8);
  change_request<memory_entry> out;
  out.ctx = ctx;
  out.inserts = true;
  out.decide = stored_note(ctx, std::move(note));
  return out;
}

/// Who asks sees own entries and everybody's; an admin all.
template <class Query>
Query owned(const call& ctx, Query query) {
  query.owner = ctx.is_admin() ? std::string{} : ctx.actor();
  return query;
}

caf::expected<memory_detail> known(memory_detail found) {
  if (found.entry.id == 0)
    return caf::make_error(errc::not_found, std::string{"Task not found"});
  return found;
}

} // namespace

memory_repository_actor::behavior_type memory_repository(
    memory_repository_actor::stateful_pointer<memory_repository_state> self,
    store_source store) {
  self->state.lanes.open(self, store);
  return {
      [=](atom::create, const call& ctx,
          const memory_note& note) -> caf::result<changed_entry> {
        return self->state.lanes.change(
            self->make_response_promise<changed_entry>(), change_of(ctx, note),
            [](changed_entry x) { return x; });
      },
      [=](atom::list, const call& ctx,
          const memory_query& query) -> caf::result<memory_matches> {
        return self->state.lanes.ask<memory_matches>(self, store, ctx,
                                                     owned(ctx, query));
      },
      [=](atom::fetch, const call& ctx,
          const memory_task_query& query) -> caf::result<memory_detail> {
        return ask_store<memory_detail>(self, store, ctx, owned(ctx, query),
                                        known);
      },
      [=](atom::list, const call& ctx,
          const memory_project_query& query) -> caf::result<memory_entries> {
        return self->state.lanes.ask<memory_entries>(self, store, ctx,
                                                     owned(ctx, query));
      },
      [=](atom::sweep) { self->state.lanes.sweep(); },
  };
}

} // namespace callboard::actors
