// When a task runs next, and what a run that ended makes of it.
#pragma once

#include "protocols/store.hpp"

#include <string>

namespace callboard::actors {

/// The first instant of the schedule after `now`; `bad_request` if there is
/// none.
caf::expected<timestamp> first_run(const std::string& schedule, timestamp now);

/// The task as the next UPDATE writes it.
task touched(task row, timestamp now);

/// The task after `run`, a run of ours, has ended, and the events of it. One
/// with instants to come is announced `completed` or `failed`, then `pending`
/// again (behaviour.md section 8); a one-shot stays completed or failed.
/// Only a running task changes: its owner may have set another status.
task after_run(task row, const execution& run, timestamp now, events& out);

/// Adds the runs of a task that nobody took yet, cancelled, to `out`.
void cancel_waiting(const row_map<execution>& open, int64_t task_id,
                    timestamp now, std::vector<execution>& out);

} // namespace callboard::actors
