#include "actors/agent_decisions.hpp"

#include "actors/ownership.hpp"
#include "protocols/entity_answer.hpp"
#include "protocols/error.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

/// The row `id` under its lock, if it is there and the caller may change it.
caf::expected<agent> accessible(const call& ctx, int64_t id,
                                const facts<agent>& now) {
  for (auto& row : now.rows) {
    if (row.id != id || row.deleted_at)
      continue;
    if (auto err = refuse_access(ctx, row))
      return err;
    if (auto err = check_version(ctx, id, row.version))
      return err;
    return row;
  }
  return absent("Agent", id);
}

caf::error check_name(const agent& wanted, const facts<agent>& now) {
  auto twin = [&](auto& x) {
    return x.id != wanted.id && x.name == wanted.name && !x.deleted_at;
  };
  if (std::any_of(now.rows.begin(), now.rows.end(), twin))
    return name_taken(wanted.name);
  return caf::none;
}

} // namespace

caf::error refuse_access(const call& ctx, const agent& row) {
  if (ctx.is_admin() || row.user_id == ctx.user_id)
    return caf::none;
  return foreign(ctx, "agent", row.id,
                 row.user_id ? std::to_string(*row.user_id) : "");
}

caf::error name_taken(const std::string& name) {
  return caf::make_error(errc::conflict,
                         "Agent with name '" + name + "' already exists");
}

decision<agent> created_agent(call ctx, patch<agent> given_fields) {
  return [ctx = std::move(ctx), given_fields = std::move(given_fields)](
             const facts<agent>& now) -> caf::expected<outcome<agent>> {
    auto row = apply(given_fields, agent{});
    row.id = now.new_id;
    row.capabilities = distinct(std::move(row.capabilities));
    row.user_id = ctx.user_id;
    row.created_at = row.updated_at = now.now;
    if (auto err = check_name(row, now))
      return err;
    outcome<agent> out{{row}, {agent_spawned(row, now.now)}};
    out.kept = created_answer("/api/v1/agents/", row);
    return out;
  };
}

decision<agent> updated_agent(call ctx, int64_t id, patch<agent> changes) {
  return [ctx = std::move(ctx), id, changes = std::move(changes)](
             const facts<agent>& now) -> caf::expected<outcome<agent>> {
    auto row = accessible(ctx, id, now);
    if (!row)
      return row.error();
    auto next = apply(changes, *row);
    next.capabilities = distinct(std::move(next.capabilities));
    if (next.name != row->name)
      if (auto err = check_name(next, now))
        return err;
    if (to_record(next) == to_record(*row))
      return outcome<agent>{{std::move(*row)}};
    next.updated_at = now.now;
    ++next.version;
    outcome<agent> out{{next}};
    if (next.status != row->status) {
      out.events.push_back(agent_status_update(next, now.now));
      if (next.status == agent_status::error)
        out.events.push_back(agent_error(next, now.now));
    }
    return out;
  };
}

decision<agent> removed_agent(call ctx, int64_t id) {
  return [ctx = std::move(ctx),
          id](const facts<agent>& now) -> caf::expected<outcome<agent>> {
    auto row = accessible(ctx, id, now);
    if (!row)
      return row.error();
    row->deleted_at = row->updated_at = now.now;
    ++row->version;
    return outcome<agent>{{std::move(*row)}};
  };
}

void hide_foreign(const call& ctx, std::vector<agent_run>& runs) {
  for (auto& x : runs) {
    if (ctx.is_admin() || x.owner == ctx.actor())
      continue;
    x.run.output_text.reset();
    x.run.error_text.reset();
    x.run.result.reset();
    x.title.clear();
    x.skill.clear();
  }
}

} // namespace callboard::actors
