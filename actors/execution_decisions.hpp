// What may happen to the runs of tasks: plain functions, run inside the
// transaction.
#pragma once

#include "protocols/store.hpp"

namespace callboard::actors {

/// Runs the task now: a run that waits for whoever takes it, the task
/// `running`. `conflict` while another run is open, or when it is deleted.
decision<execution> started_run(call ctx, int64_t task_id);

/// What an agent reports (rest-api section 7): the agent's status and time, and
/// the run, which is its open one of this task, else one that waits, else a new
/// one. The end of a run of ours ends the task's `running` as well. Events
/// `agent_activity_update`, `agent_activity` and of the task.
/// `not_found` for agent or task, `forbidden` for a foreign task or a foreign
/// private agent.
decision<execution> reported(call ctx, activity given_fields);

} // namespace callboard::actors
