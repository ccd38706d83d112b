// The reading side: rows by selector, and pages.
#include "protocols/error.hpp"
#include "storage/changes.hpp"
#include "storage/lookups.hpp"
#include "storage/sql.hpp"
#include "storage/transact.hpp"

#include <algorithm>
#include <map>

namespace callboard::storage {

namespace {

constexpr size_t shown_executions = 10;

/// Each caller's share of the rows that were fetched for all.
template <class T>
std::vector<T> share(const selector& wanted, const row_map<T>& all) {
  std::vector<T> out;
  for (auto& [id, row] : all)
    if (matches<T>(wanted, row, all))
      out.push_back(row);
  return out;
}

template <class T>
row_map<T> keyed(std::vector<T> rows) {
  row_map<T> out;
  for (auto& row : rows)
    out.emplace(row.id, std::move(row));
  return out;
}

std::vector<const selector*> pointers(const std::vector<selector>& wanted,
                                      lookup by) {
  std::vector<const selector*> out;
  for (auto& x : wanted)
    if (x.by == by)
      out.push_back(&x);
  return out;
}

using details = std::map<int64_t, task_detail>;

/// The newest runs of each task, newest first, by the index on (task_id,
/// started_at).
caf::expected<std::vector<execution>>
newest_executions(connection& db, const std::vector<cell>& id_array,
                  const details& tasks) {
  const auto order = " ORDER BY started_at DESC, id DESC LIMIT "
                     + std::to_string(shown_executions);
  if (db.dialect() == dialect_kind::postgres)
    return read_rows<execution>(db.query(
        "SELECT e.* FROM unnest($1::bigint[]) AS w(task) CROSS JOIN LATERAL "
        "(SELECT "
            + column_list<execution>()
            + " FROM execution_results WHERE task_id = w.task" + order + ") e",
        id_array, kinds_of<execution>()));
  std::vector<execution> out;
  for (auto& [id, detail] : tasks) {
    std::vector<cell> params{id};
    auto runs = select<execution>(db, "WHERE task_id = $1" + order, params);
    if (!runs)
      return runs;
    out.insert(out.end(), runs->begin(), runs->end());
  }
  return out;
}

caf::expected<details> fetch_details(connection& db,
                                     const std::vector<selector>& wanted) {
  auto found_by = where<task>(db.dialect(), pointers(wanted, lookup::id));
  auto tasks = select<task>(db, "WHERE " + found_by.text, found_by.params);
  if (!tasks)
    return tasks.error();
  details out;
  for (auto& row : *tasks)
    out[row.id].row = std::move(row);
  auto runs = newest_executions(db, found_by.params, out);
  if (!runs)
    return runs.error();
  for (auto& run : *runs)
    out[run.task_id].executions.push_back(std::move(run));
  return out;
}

} // namespace

template <class T>
caf::error run_fetches(connection& db, fetch_batch<T>& batch) {
  batch.results.assign(batch.wanted.size(),
                       caf::expected<std::vector<T>>{std::vector<T>{}});
  db.set_statement_timeout(remaining_until(batch.deadline));
  for (auto by : {lookup::id, lookup::name, lookup::admins, lookup::token,
                  lookup::owner}) {
    auto wanted = pointers(batch.wanted, by);
    if (wanted.empty())
      continue;
    auto found_by = where<T>(db.dialect(), wanted);
    auto found = select<T>(db, "WHERE " + found_by.text + " ORDER BY id",
                           found_by.params);
    if (!found)
      return found.error();
    auto all = keyed(std::move(*found));
    for (size_t i = 0; i < batch.wanted.size(); ++i)
      if (batch.wanted[i].by == by)
        batch.results[i] = share(batch.wanted[i], all);
  }
  return caf::none;
}

template caf::error run_fetches(connection&, fetch_batch<user>&);
template caf::error run_fetches(connection&, fetch_batch<refresh_token>&);

caf::error run_fetches(connection& db, fetch_batch<task_detail>& batch) {
  batch.results.clear();
  db.set_statement_timeout(remaining_until(batch.deadline));
  auto found = fetch_details(db, batch.wanted);
  if (!found)
    return found.error();
  for (auto& x : batch.wanted) {
    auto i = found->find(std::get<int64_t>(x.keys[0]));
    std::vector<task_detail> row;
    if (i != found->end())
      row.push_back(i->second);
    batch.results.emplace_back(std::move(row));
  }
  return caf::none;
}

} // namespace callboard::storage
