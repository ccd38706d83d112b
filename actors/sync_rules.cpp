#include "actors/sync_rules.hpp"

#include <algorithm>
#include <map>

namespace callboard::actors {

namespace {

/// An entry that is older than its row: did somebody want it so?
bool is_edit(const schedule_entry& x, const schedule_import& file,
             const row_map<sync_conflict>& conflicts) {
  auto known = conflicts.find(x.values.id);
  if (known == conflicts.end()
      || known->second.yaml_updated_at != x.values.updated_at)
    return file.edited;
  auto& last = known->second;
  return last.open() || last.ended_by == conflict_end::cleared;
}

} // namespace

comparison compare(const schedule_import& file, const row_map<task>& rows,
                   const row_map<sync_conflict>& conflicts) {
  comparison out;
  for (auto& x : file.entries) {
    auto row = rows.find(x.values.id);
    if (row == rows.end()) {
      if (x.values.status != task_status::deleted)
        out.inserts.push_back(&x);
    } else if (x.values.updated_at > row->second.updated_at) {
      out.updates.push_back(&x);
    } else if (x.values.updated_at < row->second.updated_at
               && is_edit(x, file, conflicts)) {
      out.conflicts.push_back(&x);
    }
  }
  return out;
}

std::optional<std::vector<schedule_entry>>
next_entries(const std::vector<schedule_entry>& file,
             const std::vector<task>& rows, const std::set<int64_t>& disputed) {
  std::map<int64_t, schedule_entry> next;
  for (auto& row : rows)
    if (row.status != task_status::deleted)
      next.emplace(row.id, entry_of(row));
  for (auto& x : file)
    if (disputed.contains(x.values.id))
      next.insert_or_assign(x.values.id, x);
  auto says = [&](const schedule_entry& x) {
    auto i = next.find(x.values.id);
    return i != next.end()
           && i->second.values.updated_at == x.values.updated_at;
  };
  if (file.size() == next.size() && std::all_of(file.begin(), file.end(), says))
    return std::nullopt;
  std::vector<schedule_entry> out;
  out.reserve(next.size());
  for (auto& [id, x] : next)
    out.push_back(std::move(x));
  return out;
}

} // namespace callboard::actors
