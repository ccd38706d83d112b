// What a sync may do to tasks and conflicts: plain functions, run inside the
// transaction.
#pragma once

#include "protocols/store.hpp"

namespace callboard::actors {

/// Takes what the file says that is newer (skill, schedule, next run,
/// parameters, status; then the row is as old as the entry), inserts what is
/// unknown with the file's id, and notes conflicts. Its rows are the conflicts
/// of the file, and those that a newer entry has overtaken.
decision<sync_conflict> imported(schedule_import file);

/// Ends the open conflict `wanted.conflict_id` (behaviour.md section 9,
/// Resolution); `not_found` if it is not open.
decision<sync_conflict> resolved(conflict_resolution wanted);

/// Ends all the conflicts that it sees.
decision<sync_conflict> cleared();

/// The task that a conflict's id is about, or 0.
int64_t task_of_conflict(std::string_view conflict_id);

} // namespace callboard::actors
