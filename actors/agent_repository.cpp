#include "actors/agent_repository.hpp"

#include "actors/agent_decisions.hpp"
#include "actors/ownership.hpp"

namespace callboard::actors {

namespace {

using changed_agent = changed<agent>;

/// `name`: of the wish, if it has one; its bearer is looked up as well.
change_request<agent> change_of(const call& ctx, int64_t id, const cell& name,
                                decision<agent> decide) {
  change_request<agent> out;
  out.ctx = ctx;
  if (is_null(name))
    out.rows = {lookup::id, {id}};
  else
    out.rows = {lookup::name, {id, name}};
  out.inserts = id == 0;
  out.decide = std::move(decide);
  return out;
}

cell name_in(const patch<agent>& changes) {
  return changes.has(&agent::name) ? cell{changes.values.name} : cell{null_t{}};
}

/// Another node was faster: the index says what the decision could not see.
caf::expected<changed_agent> named(caf::expected<changed_agent> x,
                                   const std::string& name) {
  if (!x && classify(x.error()) == errc::conflict
      && detail(x.error()) == "agents_name_key")
    return name_taken(name);
  return x;
}

caf::expected<agent_detail> visible(const call& ctx, int64_t id,
                                    agent_detail found) {
  if (found.row.id == 0)
    return absent("Agent", id);
  hide_foreign(ctx, found.history);
  return found;
}

} // namespace

agent_repository_actor::behavior_type agent_repository(
    agent_repository_actor::stateful_pointer<agent_repository_state> self,
    store_source store) {
  self->state.lanes.open(self, store);
  auto change = [self](change_request<agent> request, const std::string& name) {
    return self->state.lanes.change(
        self->make_response_promise<changed_agent>(), std::move(request),
        [name](caf::expected<changed_agent> x) {
          return named(std::move(x), name);
        });
  };
  return {
      [=](atom::create, const call& ctx,
          const patch<agent>& given_fields) -> caf::result<changed_agent> {
        return change(change_of(ctx, 0, name_in(given_fields),
                                created_agent(ctx, given_fields)),
                      given_fields.values.name);
      },
      [=](atom::update, const call& ctx, int64_t id,
          const patch<agent>& changes) -> caf::result<changed_agent> {
        return change(change_of(ctx, id, name_in(changes),
                                updated_agent(ctx, id, changes)),
                      changes.values.name);
      },
      [=](atom::remove, const call& ctx,
          int64_t id) -> caf::result<changed_agent> {
        return change(change_of(ctx, id, null_t{}, removed_agent(ctx, id)), "");
      },
      [=](atom::fetch, const call& ctx,
          const agent_item_query& query) -> caf::result<agent_detail> {
        return ask_store<agent_detail>(
            self, store, ctx, query,
            [ctx, id = query.agent_id](agent_detail found) {
              return visible(ctx, id, std::move(found));
            });
      },
      [=](atom::list, const call& ctx,
          const agent_query& query) -> caf::result<page<agent>> {
        return self->state.lanes.ask<page<agent>>(self, store, ctx, query);
      },
      [=](atom::sweep) { self->state.lanes.sweep(); },
  };
}

} // namespace callboard::actors
