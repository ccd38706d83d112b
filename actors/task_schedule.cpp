#include "actors/task_schedule.hpp"

#include "protocols/cron.hpp"
#include "protocols/error.hpp"

namespace callboard::actors {

caf::expected<timestamp> first_run(const std::string& schedule, timestamp now) {
  auto parsed = cron::parse(schedule);
  if (!parsed) // the edge let it through: the grammar has changed since
    return caf::make_error(errc::bad_request, "Invalid cron expression: "
                                                  + detail(parsed.error()));
  if (auto next = parsed->next(now))
    return *next;
  return caf::make_error(errc::bad_request, "Invalid cron expression: '"
                                                + schedule + "' never matches");
}

task touched(task row, timestamp now) {
  row.updated_at = now;
  ++row.version;
  return row;
}

task after_run(task row, const execution& run, timestamp now, events& out) {
  if (row.status != task_status::running)
    return row;
  auto next = touched(std::move(row), now);
  next.status = run.status == execution_status::success ? task_status::completed
                                                        : task_status::failed;
  out.push_back(task_status_update(next, now, &run));
  if (next.next_run_at && *next.next_run_at <= now) {
    next.next_run_at.reset();
    if (next.schedule_cron)
      if (auto instant = first_run(*next.schedule_cron, now))
        next.next_run_at = *instant;
  }
  if (next.next_run_at) {
    next.status = task_status::pending;
    out.push_back(task_status_update(next, now));
  }
  return next;
}

void cancel_waiting(const row_map<execution>& open, int64_t task_id,
                    timestamp now, std::vector<execution>& out) {
  for (auto& [id, run] : open) {
    if (run.task_id != task_id || !run.waiting())
      continue;
    auto& next = out.emplace_back(run);
    next.status = execution_status::cancelled;
    next.ended_at = now;
  }
}

} // namespace callboard::actors
