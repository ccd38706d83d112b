#include "actors/sync_decisions.hpp"

#include "actors/ownership.hpp"
#include "actors/sync_rules.hpp"
#include "actors/task_decisions.hpp"
#include "actors/task_schedule.hpp"
#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"

#include <charconv>

namespace callboard::actors {

namespace {

constexpr std::string_view id_prefix = "conflict-";

/// Of a task that waits for an instant which nobody named.
caf::error schedule_first(task& row, timestamp now) {
  if (row.status != task_status::pending || !row.schedule_cron
      || row.next_run_at)
    return caf::none;
  auto run = first_run(*row.schedule_cron, now);
  if (!run)
    return run.error();
  row.next_run_at = *run;
  return caf::none;
}

/// Which of the entry's fields the row takes over.
enum class taken : uint8_t { all, all_but_status };

/// A next run that is still the old schedule's is left to be computed.
task overwritten(task row, const schedule_entry& x, taken what) {
  auto take = [&](auto member) {
    if (x.has(member))
      row.*member = x.values.*member;
  };
  take(&task::skill_name);
  take(&task::params);
  if (what == taken::all)
    take(&task::status);
  auto schedule = row.schedule_cron;
  auto instant = row.next_run_at;
  take(&task::schedule_cron);
  auto moved = row.schedule_cron != schedule;
  if (moved)
    row.next_run_at.reset();
  if (!moved || x.values.next_run_at != instant)
    take(&task::next_run_at);
  return row;
}

/// Adds the row as it is to be written, and what is told of it.
void write_task(const task* before, task next, const facts<sync_conflict>& now,
                outcome<sync_conflict>& out) {
  next.search_text = searchable(next);
  if (before != nullptr) {
    next.version = before->version + 1;
    if (next.status != before->status)
      out.events.push_back(task_status_update(next, now.now));
    if (next.status == task_status::deleted)
      cancel_waiting(now.all<execution>(), next.id, now.now,
                     out.also<execution>());
  }
  if (before == nullptr || next.next_run_at != before->next_run_at)
    if (auto e = calendar_event_created(next, now.now))
      out.events.push_back(std::move(*e));
  out.also<task>().push_back(std::move(next));
}

caf::error insert(const schedule_entry& x, const facts<sync_conflict>& now,
                  outcome<sync_conflict>& out) {
  auto row = apply(x, task{});
  if (!x.has(&task::created_at))
    row.created_at = row.updated_at;
  if (auto err = schedule_first(row, now.now))
    return err;
  write_task(nullptr, std::move(row), now, out);
  return caf::none;
}

caf::error update(const schedule_entry& x, const task& row,
                  const facts<sync_conflict>& now,
                  outcome<sync_conflict>& out) {
  auto next = overwritten(row, x, taken::all);
  next.updated_at = x.values.updated_at;
  if (auto err = schedule_first(next, now.now))
    return err;
  write_task(&row, std::move(next), now, out);
  return caf::none;
}

void end(sync_conflict row, conflict_end how, timestamp now,
         outcome<sync_conflict>& out) {
  row.ended_by = how;
  row.ended_at = now;
  out.events.push_back(sync_conflict_resolved(row, now));
  out.rows.push_back(std::move(row));
}

/// The entry's open conflict, if it has one, is void.
void overtake(int64_t id, const row_map<sync_conflict>& known, timestamp now,
              outcome<sync_conflict>& out) {
  if (auto i = known.find(id); i != known.end() && i->second.open())
    end(i->second, conflict_end::overtaken, now, out);
}

void note_conflict(const schedule_entry& x, const task& row,
                   const row_map<sync_conflict>& known, timestamp now,
                   outcome<sync_conflict>& out) {
  sync_conflict next;
  next.id = row.id;
  next.conflict_id = std::string{id_prefix} + std::to_string(row.id) + '-'
                     + std::to_string(now.ms);
  next.created_at = now;
  auto i = known.find(row.id);
  auto again = i != known.end() && i->second.open()
               && i->second.yaml_updated_at == x.values.updated_at;
  if (again)
    next = i->second;
  next.yaml_data = schedule_json(x);
  next.yaml_updated_at = x.values.updated_at;
  next.db_data = schedule_json(entry_of(row));
  next.db_updated_at = row.updated_at;
  next.conflict_reason = "Database was updated more recently than YAML";
  if (!again)
    out.events.push_back(sync_conflict_detected(next, now));
  out.rows.push_back(std::move(next));
}

/// The entry that `schedule_json` made.
caf::expected<schedule_entry> entry_from(const json_text& text) {
  auto json = parse_object(text.text);
  if (!json)
    return json.error();
  schedule_entry out;
  violations problems;
  for (auto& member : json->GetObject())
    read_entry_field({member.name.GetString(), member.name.GetStringLength()},
                     member.value, out, problems);
  if (!problems.empty())
    return rejection(problems);
  return out;
}

/// The row as the choice has it; `keep_db` leaves it.
caf::expected<task> chosen(const sync_conflict& x, const task& row,
                           conflict_end choice, timestamp now) {
  if (choice == conflict_end::keep_db)
    return row;
  auto entry = entry_from(x.yaml_data);
  if (!entry)
    return entry.error();
  auto next = overwritten(row, *entry,
                          choice == conflict_end::merge ? taken::all_but_status
                                                        : taken::all);
  if (auto err = schedule_first(next, now))
    return err;
  return next;
}

} // namespace

int64_t task_of_conflict(std::string_view conflict_id) {
  int64_t out = 0;
  if (conflict_id.starts_with(id_prefix)) {
    conflict_id.remove_prefix(id_prefix.size());
    std::from_chars(conflict_id.begin(), conflict_id.end(), out);
  }
  return out;
}

decision<sync_conflict> imported(schedule_import file) {
  return [file = std::move(file)](const facts<sync_conflict>& now)
             -> caf::expected<outcome<sync_conflict>> {
    row_map<sync_conflict> known;
    for (auto& row : now.rows)
      known.emplace(row.id, row);
    auto& rows = now.all<task>();
    auto found = compare(file, rows, known);
    outcome<sync_conflict> out;
    for (auto* x : found.inserts)
      if (auto err = insert(*x, now, out))
        return err;
    for (auto* x : found.updates) {
      if (auto err = update(*x, rows.at(x->values.id), now, out))
        return err;
      overtake(x->values.id, known, now.now, out);
    }
    for (auto* x : found.conflicts)
      note_conflict(*x, rows.at(x->values.id), known, now.now, out);
    if (auto n = out.also<task>().size(); n > 0)
      out.events.push_back(schedule_config_updated(n, now.now));
    return out;
  };
}

decision<sync_conflict> resolved(conflict_resolution wanted) {
  return [wanted = std::move(wanted)](const facts<sync_conflict>& now)
             -> caf::expected<outcome<sync_conflict>> {
    if (now.rows.empty() || !now.rows.front().open()
        || now.rows.front().conflict_id != wanted.conflict_id)
      return caf::make_error(errc::not_found,
                             "Conflict " + wanted.conflict_id + " not found");
    auto& conflict = now.rows.front();
    auto* row = now.find<task>(conflict.id);
    if (row == nullptr)
      return absent("Task", conflict.id);
    auto next = chosen(conflict, *row, wanted.choice, now.now);
    if (!next)
      return next.error();
    outcome<sync_conflict> out;
    if (wanted.choice != conflict_end::keep_db) {
      next->updated_at = now.now;
      write_task(row, std::move(*next), now, out);
    }
    end(conflict, wanted.choice, now.now, out);
    return out;
  };
}

decision<sync_conflict> cleared() {
  return [](const facts<sync_conflict>& now)
             -> caf::expected<outcome<sync_conflict>> {
    outcome<sync_conflict> out;
    for (auto& row : now.rows)
      end(row, conflict_end::cleared, now.now, out);
    return out;
  };
}

} // namespace callboard::actors
