#include "actors/execution_decisions.hpp"

#include "actors/agent_decisions.hpp"
#include "actors/memory_decisions.hpp"
#include "actors/ownership.hpp"
#include "actors/task_decisions.hpp"
#include "actors/task_schedule.hpp"
#include "protocols/error.hpp"
#include "protocols/execution_answer.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

constexpr int64_t max_duration = 2'147'483'647; // the column's [ms]

agent_status after(execution_status reported_status) {
  switch (reported_status) {
  case execution_status::running:
    return agent_status::busy;
  case execution_status::failed:
  case execution_status::timeout:
    return agent_status::error;
  default:
    return agent_status::idle;
  }
}

/// Nothing if the caller may report this: shared agents are everybody's.
caf::error check_report(const call& ctx, const activity& given_fields,
                        const agent* who, const task* what) {
  if (who == nullptr || who->deleted_at)
    return absent("Agent", given_fields.agent_id);
  if (what == nullptr)
    return absent("Task", given_fields.task_id);
  if (auto err = refuse_access(ctx, *what))
    return err;
  return who->user_id ? refuse_access(ctx, *who) : caf::error{};
}

/// The agent's newest open run of the task, else one that waits, else a new
/// one that began when the report says.
execution run_of(const activity& given_fields, const facts<execution>& now) {
  const execution* found = nullptr;
  for (auto& run : now.rows) // by ascending id
    if (run.agent_id == given_fields.agent_id)
      found = &run;
  for (auto& run : now.rows)
    if (found == nullptr && run.waiting())
      found = &run;
  if (found != nullptr) {
    auto out = *found;
    if (out.waiting() && given_fields.status == execution_status::running)
      out.started_at = now.now; // taken now; else done since it was asked for
    return out;
  }
  execution out;
  out.id = now.new_id;
  out.task_id = given_fields.task_id;
  out.started_at = now.now;
  if (given_fields.status != execution_status::running)
    out.started_at
        = now.now
          + std::chrono::milliseconds{-given_fields.duration_ms.value_or(0)};
  return out;
}

execution completed(execution run, const activity& given_fields,
                    timestamp now) {
  run.agent_id = given_fields.agent_id;
  run.status = given_fields.status;
  run.duration_ms = given_fields.duration_ms;
  if (given_fields.output)
    run.output_text = given_fields.output;
  if (given_fields.error)
    run.error_text = given_fields.error;
  if (given_fields.result)
    run.result = given_fields.result;
  if (run.open())
    return run;
  run.ended_at = now;
  if (!run.duration_ms)
    run.duration_ms
        = std::clamp<int64_t>((now - run.started_at).count(), 0, max_duration);
  return run;
}

agent active(agent who, execution_status reported_status, timestamp now) {
  auto status = after(reported_status);
  if (status != who.status)
    ++who.version;
  who.status = status;
  who.last_active_at = who.updated_at = now;
  return who;
}

} // namespace

decision<execution> started_run(call ctx, int64_t task_id) {
  return [ctx = std::move(ctx), task_id](
             const facts<execution>& now) -> caf::expected<outcome<execution>> {
    auto* what = now.find<task>(task_id);
    if (what == nullptr)
      return absent("Task", task_id);
    if (auto err = refuse_access(ctx, *what))
      return err;
    auto refuse = [&](const char* why) {
      return caf::make_error(errc::conflict,
                             "Task " + std::to_string(task_id) + why);
    };
    if (what->status == task_status::deleted)
      return refuse(" is deleted");
    if (!now.rows.empty())
      return refuse(" is already running");
    execution run;
    run.id = now.new_id;
    run.task_id = task_id;
    run.started_at = now.now;
    run.run_after = now.now;
    auto next = touched(*what, now.now);
    next.status = task_status::running;
    next.last_run_at = now.now;
    outcome<execution> out{{std::move(run)}};
    if (what->status != next.status)
      out.events.push_back(task_status_update(next, now.now));
    out.also<task>().push_back(std::move(next));
    out.kept = accepted_answer(out.rows.front());
    return out;
  };
}

decision<execution> reported(call ctx, activity given_fields) {
  return [ctx = std::move(ctx), given_fields = std::move(given_fields)](
             const facts<execution>& now) -> caf::expected<outcome<execution>> {
    auto* who = now.find<agent>(given_fields.agent_id);
    auto* what = now.find<task>(given_fields.task_id);
    if (auto err = check_report(ctx, given_fields, who, what))
      return err;
    auto run = completed(run_of(given_fields, now), given_fields, now.now);
    auto busy = active(*who, run.status, now.now);
    outcome<execution> out{{run}, agent_activity(busy, run, *what, now.now)};
    if (busy.status == agent_status::error && who->status != busy.status)
      out.events.push_back(agent_error(busy, now.now, &run, what));
    out.also<agent>().push_back(std::move(busy));
    out.memories.push_back(memory_of(*who, run, ctx.actor(), now.now));
    if (run.run_after && !run.open())
      out.also<task>().push_back(after_run(*what, run, now.now, out.events));
    out.kept = reported_answer(run, !out.events.empty());
    return out;
  };
}

} // namespace callboard::actors
