#include "actors/task_decisions.hpp"

#include "actors/ownership.hpp"
#include "actors/task_schedule.hpp"
#include "protocols/error.hpp"
#include "protocols/precondition.hpp"
#include "protocols/task_answer.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>

namespace callboard::actors {

namespace {

/// The row's project is there and the caller's.
caf::error check_project(const call& ctx, const task& row,
                         const facts<task>& now) {
  if (!row.project_id)
    return caf::none;
  auto* found = now.find<project_reference>(*row.project_id);
  if (found == nullptr || found->deleted())
    return absent("Project", *row.project_id);
  if (!ctx.is_admin() && found->user_id != ctx.user_id)
    return foreign(ctx, "project", found->id,
                   found->user_id ? std::to_string(*found->user_id) : "",
                   "project");
  return caf::none;
}

/// The row under its lock, if the caller may touch it and knows its version.
caf::expected<task> accessible(const call& ctx, int64_t id,
                               const facts<task>& now) {
  if (now.rows.empty())
    return absent("Task", id);
  auto& row = now.rows.front();
  if (auto err = refuse_access(ctx, row))
    return err;
  if (auto err = check_version(ctx, row.id, row.version))
    return err;
  return row;
}

/// A dashboard answers each status event with a change that carries the
/// event's time: it tells nothing that is not known (rest-api section 12).
bool is_echo(const task& row, const patch<task>& changes) {
  return changes.has(&task::updated_at)
         && changes.values.updated_at <= row.updated_at;
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
  outcome<task> out{{touched(std::move(next), now)}};
  auto& stored = out.rows.front();
  if (stored.status != before.status)
    out.events.push_back(task_status_update(stored, now));
  if (stored.next_run_at != before.next_run_at)
    if (auto e = calendar_event_created(stored, now))
      out.events.push_back(std::move(*e));
  return out;
}

/// The row with the changes, if it may have them.
caf::expected<outcome<task>> changed_by(const call& ctx, const task& row,
                                        const patch<task>& changes,
                                        const facts<task>& now) {
  if (auto err = check_restore(row, changes))
    return err;
  auto next = apply(changes, row);
  next.updated_at = row.updated_at; // ours to set
  if (next.project_id != row.project_id)
    if (auto err = check_project(ctx, next, now))
      return err;
  if (auto err = reschedule(row, next, now.now))
    return err;
  return changed_to(row, std::move(next), now.now);
}

caf::error named_twice(int64_t id) {
  return rejection("body", "task_ids",
                   "task " + std::to_string(id) + " is named twice");
}

/// The rows with the named ones in front, the others by their position.
caf::expected<std::vector<task>> in_order(std::vector<task> rows,
                                          const id_list& first) {
  std::set<int64_t> known;
  for (auto& x : rows)
    known.insert(x.id);
  std::map<int64_t, size_t> rank;
  for (auto id : first.items) {
    if (!rank.emplace(id, rank.size()).second)
      return named_twice(id);
    if (!known.contains(id))
      return rejection("body", "task_ids",
                       "task " + std::to_string(id)
                           + " is not in this project");
  }
  constexpr auto last = std::numeric_limits<int64_t>::max();
  auto key = [&](const task& x) {
    auto i = rank.find(x.id);
    return std::tuple{i == rank.end() ? rank.size() : i->second,
                      x.position.value_or(last), x.id};
  };
  std::sort(rows.begin(), rows.end(),
            [&](auto& a, auto& b) { return key(a) < key(b); });
  return rows;
}

} // namespace

std::string searchable(const task& row) {
  return fold_case(row.title.value_or("") + '\n' + row.skill_name + '\n'
                   + row.description.value_or(""));
}

caf::error refuse_access(const call& ctx, const task& row) {
  if (ctx.is_admin() || (row.user_id && *row.user_id == ctx.actor()))
    return caf::none;
  return foreign(ctx, "task", row.id, row.user_id.value_or(""));
}

caf::error refuse_list(const call& ctx, std::string_view owner) {
  return foreign(ctx, "tasks", 0, owner);
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
    if (is_echo(*row, changes))
      return outcome<task>{{std::move(*row)}};
    auto out = changed_by(ctx, *row, changes, now);
    if (out && out->rows.front().status == task_status::deleted)
      cancel_waiting(now.all<execution>(), id, now.now, out->also<execution>());
    return out;
  };
}

decision<task> removed(call ctx, int64_t id) {
  return updated(std::move(ctx), id,
                 patch<task>{}.give(&task::status, task_status::deleted));
}

decision<task> set_status(call ctx, task_status_change wanted) {
  return [ctx = std::move(ctx), wanted = std::move(wanted)](
             const facts<task>& now) -> caf::expected<outcome<task>> {
    std::map<int64_t, const task*> known;
    for (auto& row : now.rows)
      known.emplace(row.id, &row);
    auto changes = patch<task>{}.give(&task::status, wanted.status);
    outcome<task> out;
    for (auto id : wanted.task_ids.items) {
      auto found = known.find(id);
      if (found == known.end())
        return absent("Task", id);
      if (found->second == nullptr)
        return named_twice(id);
      auto& row = *std::exchange(found->second, nullptr);
      if (auto err = refuse_access(ctx, row))
        return err;
      auto changed = changed_by(ctx, row, changes, now);
      if (!changed)
        return changed.error();
      out.rows.push_back(std::move(changed->rows.front()));
      std::move(changed->events.begin(), changed->events.end(),
                std::back_inserter(out.events));
    }
    return out;
  };
}

decision<task> reordered(call ctx, int64_t project_id, id_list first) {
  return [ctx = std::move(ctx), project_id, first = std::move(first)](
             const facts<task>& now) -> caf::expected<outcome<task>> {
    task owned;
    owned.project_id = project_id;
    if (auto err = check_project(ctx, owned, now))
      return err;
    auto order = in_order(now.rows, first);
    if (!order)
      return order.error();
    outcome<task> out;
    int64_t position = 0;
    for (auto& row : *order) {
      auto next = row;
      next.position = ++position;
      out.rows.push_back(changed_to(row, std::move(next), now.now).rows[0]);
    }
    return out;
  };
}

} // namespace callboard::actors
