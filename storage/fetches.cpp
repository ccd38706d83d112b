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
std::vector<T> share(const selector& wanted, const std::vector<T>& all) {
  std::vector<T> out;
  for (auto& row : all)
    if (matches<T>(wanted, row, all))
      out.push_back(row);
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

std::string order_of(const task_query& query) {
  auto direction = query.descending ? " DESC" : " ASC";
  auto column = std::string{name_of(query.sort_by)};
  std::string nulls; // named where there are some: an index has its own order
  if (query.sort_by == task_order::next_run_at)
    nulls = query.descending ? " NULLS LAST" : " NULLS FIRST";
  return " ORDER BY " + column + direction + nulls + ", id" + direction;
}

/// The filters of a list, and their parameters.
condition filter_of(const task_query& query) {
  condition out;
  auto add = [&](std::string_view text, cell value) {
    out.params.push_back(std::move(value));
    out.text += (out.text.empty() ? "" : " AND ") + std::string{text} + '$'
                + std::to_string(out.params.size());
  };
  if (!query.owner.empty())
    add("user_id = ", query.owner);
  if (query.status.empty())
    add("status <> ", std::string{"deleted"});
  else
    add("status = ", query.status);
  if (!query.skill_name.empty())
    add("skill_name = ", query.skill_name);
  if (query.project_id != 0)
    add("project_id = ", query.project_id);
  return out;
}

/// The rows behind a position, in the order of the list (nulls are the
/// largest).
std::string behind(const task_query& query, std::vector<cell>& params) {
  auto parameter = [&](cell value) {
    params.push_back(std::move(value));
    return '$' + std::to_string(params.size());
  };
  auto column = std::string{name_of(query.sort_by)};
  auto past = std::string{query.descending ? " < " : " > "};
  auto& at = query.after;
  if (is_null(at.value)) {
    auto among_nulls = column + " IS NULL AND id" + past + parameter(at.id);
    return query.descending
               ? " AND " + among_nulls
               : " AND (" + column + " IS NOT NULL OR (" + among_nulls + "))";
  }
  auto value = parameter(at.value);
  auto pair = '(' + column + ", id)" + past + '(' + value + ", "
              + parameter(at.id) + ')';
  if (query.sort_by != task_order::next_run_at || !query.descending)
    return " AND " + pair;
  return " AND (" + pair + " OR " + column + " IS NULL)";
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
    for (size_t i = 0; i < batch.wanted.size(); ++i)
      if (batch.wanted[i].by == by)
        batch.results[i] = share(batch.wanted[i], *found);
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

caf::expected<page<task>> list_tasks(connection& db, const task_query& query,
                                     int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  auto filter = filter_of(query);
  // One statement is one snapshot: the total cannot contradict the rows.
  auto total
      = "(SELECT count(*) FROM scheduled_tasks WHERE " + filter.text + ')';
  auto params = filter.params;
  auto rest = query.after.id == 0 ? std::string{} : behind(query, params);
  auto n = params.size();
  params.emplace_back(query.limit + 1); // one more shows that there is more
  params.emplace_back(query.offset);
  auto tail = "WHERE " + filter.text + rest + order_of(query) + " LIMIT $"
              + std::to_string(n + 1) + " OFFSET $" + std::to_string(n + 2);
  auto kinds = kinds_of<task>();
  kinds.push_back(cell_kind::integer);
  auto found = db.query("SELECT " + column_list<task>() + ", " + total
                            + " FROM scheduled_tasks " + tail,
                        params, kinds);
  if (!found)
    return found.error();
  page<task> out;
  for (auto& cells : *found) {
    out.total = std::get<int64_t>(cells.back());
    cells.pop_back();
    if (!from_record(cells, out.rows.emplace_back()))
      return unreadable_row("scheduled_tasks");
  }
  out.more = static_cast<int64_t>(out.rows.size()) > query.limit;
  if (out.more)
    out.rows.pop_back();
  if (!out.rows.empty() || (query.offset == 0 && query.after.id == 0))
    return out;
  auto counted = db.query("SELECT " + total, filter.params,
                          {{cell_kind::integer}}); // beyond the end
  if (!counted)
    return counted.error();
  out.total = std::get<int64_t>((*counted)[0][0]);
  return out;
}

} // namespace callboard::storage
