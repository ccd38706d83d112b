// What may happen to agents: plain functions, run inside the transaction.
#pragma once

#include "protocols/store.hpp"

namespace callboard::actors {

/// Nothing for the creator and admins, else `forbidden`, logged. Shared agents
/// belong to admins.
caf::error refuse_access(const call& ctx, const agent& row);

/// A new agent of the caller; `conflict` when the name is taken.
decision<agent> created_agent(call ctx, patch<agent> given_fields);

/// The agent `id` with some fields replaced; `conflict` when the new name is
/// another's.
decision<agent> updated_agent(call ctx, int64_t id, patch<agent> changes);

/// The agent `id`, hidden; its name is free again.
decision<agent> removed_agent(call ctx, int64_t id);

/// `conflict`: `Agent with name '...' already exists`.
caf::error name_taken(const std::string& name);

/// Leaves out the texts of foreign tasks and of their runs.
void hide_foreign(const call& ctx, std::vector<agent_run>& runs);

} // namespace callboard::actors
