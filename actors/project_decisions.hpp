// What may happen to projects: plain functions, run inside the transaction.
#pragma once

#include "protocols/store.hpp"

namespace callboard::actors {

/// Nothing for owner and admins, else `forbidden`, logged.
caf::error refuse_access(const call& ctx, const project& row);

/// A new project of the caller.
decision<project> created_project(call ctx, patch<project> given_fields);

/// The project `id` with some fields replaced; `bad_request` without any. An
/// admin's status restores a deleted one: the tasks that went with it come back
/// `disabled`, for nobody asked them to run.
decision<project> updated_project(call ctx, int64_t id, patch<project> changes);

/// The project `id`, deleted, with all its living tasks and the runs that wait.
decision<project> removed_project(call ctx, int64_t id);

} // namespace callboard::actors
