#include "actors/task_decisions.hpp"

#include "protocols/cron.hpp"
#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "protocols/precondition.hpp"
#include "protocols/task_answer.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

std::string searchable(const task& row) {
  return fold_case(row.title.value_or("") + '\n' + row.skill_name + '\n'
                   + row.description.value_or(""));
}

caf::error not_found(int64_t id) {
  return caf::make_error(errc::not_found,
                         "Task " + std::to_string(id) + " not found");
}

caf::error refuse(const call& ctx, std::string_view kind, int64_t id,
                  std::string_view owner) {
  auto caller = ctx.actor();
  log::warning("ownership", "refused",
               {{"request_id", ctx.request_id},
                {"user_id", caller},
                {"owner_id", owner},
                {"resource", kind},
                {"resource_id", id}});
  return caf::make_error(
      errc::forbidden,
      std::string{"You do not have permission to access this resource"});
}

/// The first instant of the schedule after `now`.
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

/// The row's project is there and the caller's.
caf::error check_project(const call& ctx, const task& row,
                         const facts<task>& now) {
  if (!row.project_id)
    return caf::none;
  auto found = std::find_if(now.projects.begin(), now.projects.end(),
                            [&](auto& x) { return x.id == *row.project_id; });
  if (found == now.projects.end() || found->deleted)
    return caf::make_error(errc::not_found,
                           "Project " + std::to_string(*row.project_id)
                               + " not found");
  if (!ctx.is_admin() && found->user_id != ctx.user_id)
    return refuse(ctx, "project", found->id,
                  found->user_id ? std::to_string(*found->user_id) : "");
  return caf::none;
}

/// The row under its lock, if the caller may touch it and knows its version.
caf::expected<task> accessible(const call& ctx, int64_t id,
                               const facts<task>& now) {
  if (now.rows.empty())
    return not_found(id);
  auto& row = now.rows.front();
  if (auto err = refuse_access(ctx, row))
    return err;
  if (auto err = check_version(ctx, row.id, row.version))
    return err;
  return row;
}

/// A deleted task takes `status: pending` (with other fields, if any) or
/// `deleted` once more.
caf::error check_restore(const task& row, const patch<task>& changes) {
  if (row.status != task_status::deleted || changes.empty())
    return caf::none;
  if (changes.has(&task::status)
      && (changes.values.status == task_status::pending
          || changes.values.status == task_status::deleted))
    return caf::none;
  return rejection("body", "status",
                   "a deleted task can only be restored to 'pending'");
}

/// Moves `next_run_at` when the schedule changed, or when a task becomes
/// pending whose instant has passed.
caf::error reschedule(const task& before, task& next, timestamp now) {
  if (!next.schedule_cron)
    return caf::none;
  auto changed = next.schedule_cron != before.schedule_cron;
  auto revived = next.status == task_status::pending
                 && before.status != task_status::pending
                 && (!next.next_run_at || *next.next_run_at <= now);
  if (!changed && !revived)
    return caf::none;
  auto run = first_run(*next.schedule_cron, now);
  if (!run)
    return run.error();
  next.next_run_at = *run;
  return caf::none;
}

/// Same fields: nothing to write.
bool same(const task& a, const task& b) {
  bool equal = true;
  for_each_field<task>(
      [&](auto& x, size_t) { equal = equal && a.*x.member == b.*x.member; });
  return equal;
}

outcome<task> changed_to(const task& before, task next, timestamp now) {
  next.search_text = searchable(next);
  if (same(before, next))
    return {{before}};
  next.updated_at = now;
  ++next.version;
  outcome<task> out{{next}};
  if (next.status != before.status)
    out.events.push_back(task_status_update(next, now));
  if (next.next_run_at != before.next_run_at)
    if (auto e = calendar_event_created(next, now))
      out.events.push_back(std::move(*e));
  return out;
}

} // namespace

caf::error refuse_access(const call& ctx, const task& row) {
  if (ctx.is_admin() || (row.user_id && *row.user_id == ctx.actor()))
    return caf::none;
  return refuse(ctx, "task", row.id, row.user_id.value_or(""));
}

caf::error refuse_list(const call& ctx, std::string_view owner) {
  return refuse(ctx, "tasks", 0, owner);
}

decision<task> created(call ctx, patch<task> given_fields) {
  return [ctx = std::move(ctx), given_fields = std::move(given_fields)](
             const facts<task>& now) -> caf::expected<outcome<task>> {
    auto row = apply(given_fields, task{});
    row.id = now.new_id;
    row.user_id = ctx.actor();
    row.created_at = row.updated_at = now.now;
    if (auto err = check_project(ctx, row, now))
      return err;
    if (row.schedule_cron) {
      auto run = first_run(*row.schedule_cron, now.now);
      if (!run)
        return run.error();
      row.next_run_at = *run;
    }
    row.search_text = searchable(row);
    outcome<task> out{{row}};
    if (auto e = calendar_event_created(row, now.now))
      out.events.push_back(std::move(*e));
    if (!ctx.once.key.empty())
      out.kept = created_answer(row);
    return out;
  };
}

decision<task> updated(call ctx, int64_t id, patch<task> changes) {
  return [ctx = std::move(ctx), id, changes = std::move(changes)](
             const facts<task>& now) -> caf::expected<outcome<task>> {
    auto row = accessible(ctx, id, now);
    if (!row)
      return row.error();
    if (auto err = check_restore(*row, changes))
      return err;
    auto next = apply(changes, *row);
    if (next.project_id != row->project_id)
      if (auto err = check_project(ctx, next, now))
        return err;
    if (auto err = reschedule(*row, next, now.now))
      return err;
    return changed_to(*row, std::move(next), now.now);
  };
}

decision<task> removed(call ctx, int64_t id) {
  return updated(std::move(ctx), id,
                 patch<task>{}.give(&task::status, task_status::deleted));
}

} // namespace callboard::actors
