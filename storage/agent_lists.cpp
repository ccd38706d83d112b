#include "storage/execution_columns.hpp"
#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

namespace {

/// A column of a run's task, or an empty text.
std::string of_task(const char* column) {
  return std::string{", (SELECT coalesce("} + column
         + ", '') FROM scheduled_tasks AS t WHERE t.id = task_id)";
}

/// Runs, newest first, each with what belongs to its task. `$1`: how many.
caf::expected<std::vector<agent_run>> read_runs(connection& db,
                                                const std::string& where,
                                                std::span<const cell> params) {
  auto kinds = kinds_of<execution>();
  kinds.insert(kinds.end(), 3, cell_kind::text);
  auto found = db.query(
      "SELECT " + short_execution_columns(db.dialect()) + of_task("t.user_id")
          + of_task("t.title, t.skill_name") + of_task("t.skill_name")
          + " FROM execution_results WHERE " + where
          + " ORDER BY started_at DESC, id DESC LIMIT $1",
      params, kinds);
  if (!found)
    return found.error();
  std::vector<agent_run> out;
  for (auto& cells : *found) {
    auto& run = out.emplace_back();
    for (auto* text : {&run.skill, &run.title, &run.owner}) { // from behind
      *text = std::move(std::get<std::string>(cells.back()));
      cells.pop_back();
    }
    if (!from_record(cells, run.run))
      return unreadable_row(entity<execution>::table);
  }
  return out;
}

caf::expected<agent_metrics> metrics_of(connection& db, int64_t id) {
  std::vector<cell> params{id};
  constexpr auto kind = cell_kind::integer;
  auto found = db.query(
      "SELECT count(*), coalesce(sum(CASE WHEN status = 'success' THEN 1 ELSE "
      "0 END), 0), count(duration_ms), coalesce(sum(duration_ms), 0) FROM "
      "execution_results WHERE agent_id = $1 AND status <> 'running'",
      params, {{kind, kind, kind, kind}});
  if (!found)
    return found.error();
  auto at = [&](size_t i) { return std::get<int64_t>((*found)[0][i]); };
  return agent_metrics{at(0), at(1), at(2), at(3)};
}

} // namespace

caf::expected<page<agent>> answer(connection& db, const agent_query& query,
                                  int64_t deadline) {
  filter wanted;
  wanted.add("deleted_at IS NULL");
  if (!query.type.empty())
    wanted.add("type = ", query.type);
  if (!query.status.empty())
    wanted.add("status = ", query.status);
  if (!query.capabilities.empty()) {
    std::vector<cell> any{query.capabilities.begin(), query.capabilities.end()};
    auto n = wanted.take(set_parameter(db.dialect(), any));
    wanted.add("id IN (SELECT agent_id FROM agent_capabilities WHERE capability"
               + any_of(db.dialect(), n, "text") + ')');
  }
  db.set_statement_timeout(remaining_until(deadline));
  return read_page<agent>(db, wanted, query,
                          columns_for<agent>(query.complete));
}

caf::expected<agent_detail>
answer(connection& db, const agent_item_query& query, int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  agent_detail out;
  std::vector<cell> id{query.agent_id};
  auto found = select<agent>(db, "WHERE id = $1 AND deleted_at IS NULL", id,
                             columns_for<agent>(query.complete));
  if (!found)
    return found.error();
  if (found->empty())
    return out;
  std::vector<cell> params{query.history_limit, query.agent_id};
  auto history = read_runs(db, "agent_id = $2", params);
  if (!history)
    return history.error();
  auto metrics = metrics_of(db, query.agent_id);
  if (!metrics)
    return metrics.error();
  out.row = std::move(found->front());
  out.history = std::move(*history);
  out.metrics = *metrics;
  return out;
}

caf::expected<agent_runs> answer(connection& db, const activity_query& query,
                                 int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  std::vector<cell> params{query.limit};
  std::string where = "agent_id IS NOT NULL";
  if (query.agent_id != 0) {
    params.emplace_back(query.agent_id);
    where = "agent_id = $2";
  }
  auto found = read_runs(db, where, params);
  if (!found)
    return found.error();
  return agent_runs{std::move(*found)};
}

} // namespace callboard::storage
