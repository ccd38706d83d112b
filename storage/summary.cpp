#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

namespace {

/// Counts by status of `<table> <where>`, in the order of the enum.
template <named_enum E>
caf::expected<std::vector<int64_t>> by_status(connection& db,
                                              const std::string& from,
                                              std::span<const cell> params) {
  auto found
      = db.query("SELECT status, count(*) FROM " + from + " GROUP BY status",
                 params, {{cell_kind::text, cell_kind::integer}});
  if (!found)
    return found.error();
  std::vector<int64_t> out(enum_names<E>.size());
  for (auto& row : *found)
    if (auto x = enum_from<E>(std::get<std::string>(row[0])))
      out[static_cast<size_t>(*x)] = std::get<int64_t>(row[1]);
  return out;
}

caf::error count_tasks(connection& db, const std::string& owner, summary& out) {
  filter wanted;
  wanted.add("status <> 'deleted'");
  if (!owner.empty())
    wanted.add("user_id = ", owner);
  auto counts = by_status<task_status>(db, "scheduled_tasks " + wanted.text(),
                                       wanted.params());
  if (!counts)
    return counts.error();
  out.tasks = std::move(*counts);
  wanted.add("status = 'pending'").add("next_run_at IS NOT NULL");
  auto next = select<task>(db,
                           wanted.text() + " ORDER BY next_run_at, id LIMIT "
                               + std::to_string(summary_query::shown_runs),
                           wanted.params());
  if (!next)
    return next.error();
  out.next_runs = std::move(*next);
  return caf::none;
}

caf::error count_runs(connection& db, const std::string& owner, summary& out) {
  filter wanted;
  if (!owner.empty())
    wanted.add("task_id IN (SELECT id FROM scheduled_tasks WHERE user_id = ",
               owner, ")");
  auto counts = by_status<execution_status>(
      db, "execution_results " + wanted.text(), wanted.params());
  if (!counts)
    return counts.error();
  out.executions = std::move(*counts);
  return caf::none;
}

caf::error count_projects(connection& db, int64_t owner, summary& out) {
  filter wanted;
  wanted.add("status <> 'deleted'");
  if (owner != 0)
    wanted.add("user_id = ", owner);
  auto found = db.query("SELECT count(*) FROM projects " + wanted.text(),
                        wanted.params(), {{cell_kind::integer}});
  if (!found)
    return found.error();
  out.projects = std::get<int64_t>((*found)[0][0]);
  return caf::none;
}

} // namespace

caf::expected<summary> answer(connection& db, const summary_query& query,
                              int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  summary out;
  auto owner = query.owner == 0 ? "" : std::to_string(query.owner);
  auto agents
      = by_status<agent_status>(db, "agents WHERE deleted_at IS NULL", {});
  if (!agents)
    return agents.error();
  out.agents = std::move(*agents);
  if (auto err = count_tasks(db, owner, out))
    return err;
  if (auto err = count_runs(db, owner, out))
    return err;
  if (auto err = count_projects(db, query.owner, out))
    return err;
  return out;
}

} // namespace callboard::storage
