// What may happen to tasks: plain functions, run inside the transaction.
#pragma once

#include "protocols/store.hpp"

namespace callboard::actors {

/// What a search looks at (`task::search_text`).
std::string searchable(const task& row);

/// Nothing for owner and admins, else `forbidden`, logged with both user ids.
/// Rows without owner belong to admins.
caf::error refuse_access(const call& ctx, const task& row);

/// `forbidden`, logged: the caller asked for the tasks of somebody else.
caf::error refuse_list(const call& ctx, std::string_view owner);

/// A new task of the caller. `bad_request` for a schedule that never matches,
/// `not_found` and `forbidden` for the project.
decision<task> created(call ctx, patch<task> given_fields);

/// The task `id` with some fields replaced (rest-api section 5, PUT);
/// `precondition_failed` if the caller knows other versions.
decision<task> updated(call ctx, int64_t id, patch<task> changes);

/// The task `id`, `deleted`, its waiting runs cancelled; deleting it again
/// changes nothing.
decision<task> removed(call ctx, int64_t id);

/// The rows with a new status; `not_found`, `forbidden` or `rejected` for the
/// first that cannot have it, and then nothing changes.
decision<task> set_status(call ctx, task_status_change wanted);

/// The living tasks of a project with positions 1, 2, ...: the named ones
/// first, in this order. `rejected` for one that is named twice or not there,
/// `not_found` and `forbidden` for the project.
decision<task> reordered(call ctx, int64_t project_id, id_list first);

} // namespace callboard::actors
