#include "actors/project_decisions.hpp"

#include "actors/ownership.hpp"
#include "actors/task_schedule.hpp"
#include "protocols/entity_answer.hpp"
#include "protocols/error.hpp"
#include "protocols/unicode.hpp"

namespace callboard::actors {

namespace {

/// Texts trimmed, an empty description none, the search text of both.
project tidy(project row) {
  row.name = std::string{trimmed(row.name)};
  if (row.description)
    row.description = std::string{trimmed(*row.description)};
  if (row.description && row.description->empty())
    row.description.reset();
  row.search_text = fold_case(row.name + '\n' + row.description.value_or(""));
  return row;
}

bool is_deleted(const project& row) {
  return row.status == project_status::deleted;
}

project revised(project row, timestamp now) {
  row.updated_at = now;
  ++row.version;
  return row;
}

void set_status(const task& row, task_status status, timestamp now,
                outcome<project>& out) {
  auto next = touched(row, now);
  next.status = status;
  out.events.push_back(task_status_update(next, now));
  out.also<task>().push_back(std::move(next));
}

/// The tasks that were deleted with the project have its time on them.
outcome<project> restored(const project& row, project next,
                          const facts<project>& now) {
  outcome<project> out;
  for (auto& [id, x] : now.all<task>())
    if (x.project_id == row.id && x.status == task_status::deleted
        && x.updated_at == row.updated_at) {
      set_status(x, task_status::disabled, now.now, out);
      ++next.tasks_count;
    }
  out.rows.push_back(revised(std::move(next), now.now));
  return out;
}

} // namespace

caf::error refuse_access(const call& ctx, const project& row) {
  if (ctx.is_admin() || row.user_id == ctx.user_id)
    return caf::none;
  return foreign(ctx, "project", row.id,
                 row.user_id ? std::to_string(*row.user_id) : "", "project");
}

decision<project> created_project(call ctx, patch<project> given_fields) {
  return [ctx = std::move(ctx), given_fields = std::move(given_fields)](
             const facts<project>& now) -> caf::expected<outcome<project>> {
    auto row = tidy(apply(given_fields, project{}));
    row.id = now.new_id;
    row.user_id = ctx.user_id;
    row.created_at = row.updated_at = now.now;
    outcome<project> out{{std::move(row)}};
    out.kept = created_answer("/api/v1/projects/", out.rows.front());
    return out;
  };
}

decision<project> updated_project(call ctx, int64_t id,
                                  patch<project> changes) {
  return [ctx = std::move(ctx), id, changes = std::move(changes)](
             const facts<project>& now) -> caf::expected<outcome<project>> {
    auto restores = ctx.is_admin() && changes.has(&project::status);
    if (now.rows.empty() || (is_deleted(now.rows.front()) && !restores))
      return absent("Project", id);
    auto& row = now.rows.front();
    if (auto err = refuse_access(ctx, row))
      return err;
    if (auto err = check_version(ctx, id, row.version))
      return err;
    if (changes.empty())
      return caf::make_error(errc::bad_request,
                             std::string{"No fields to update"});
    auto next = tidy(apply(changes, row));
    if (is_deleted(row))
      return restored(row, std::move(next), now);
    if (to_record(next) == to_record(row))
      return outcome<project>{{row}};
    return outcome<project>{{revised(std::move(next), now.now)}};
  };
}

decision<project> removed_project(call ctx, int64_t id) {
  return [ctx = std::move(ctx),
          id](const facts<project>& now) -> caf::expected<outcome<project>> {
    if (now.rows.empty() || is_deleted(now.rows.front()))
      return absent("Project", id);
    auto& row = now.rows.front();
    if (auto err = refuse_access(ctx, row))
      return err;
    if (auto err = check_version(ctx, id, row.version))
      return err;
    outcome<project> out{{revised(row, now.now)}};
    out.rows.front().status = project_status::deleted;
    out.rows.front().tasks_count = 0;
    for (auto& [task_id, x] : now.all<task>())
      if (x.project_id == id && x.status != task_status::deleted) {
        set_status(x, task_status::deleted, now.now, out);
        cancel_waiting(now.all<execution>(), task_id, now.now,
                       out.also<execution>());
      }
    return out;
  };
}

} // namespace callboard::actors
