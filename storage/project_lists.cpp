#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

caf::expected<page<project>> answer(connection& db, const project_query& query,
                                    int64_t deadline) {
  filter wanted;
  const auto everybody = query.owner == 0;
  const auto by_age = query.sort_by == project_order::newest
                      || query.sort_by == project_order::oldest;
  wanted.add("status <> 'deleted'");
  if (!everybody)
    wanted.add("user_id = ", query.owner);
  if (!everybody && !by_age)
    wanted.find_first();
  if (!query.status.empty())
    wanted.add("status = ", query.status);
  if (everybody)
    add_wide_search(wanted, db.dialect(), entity<project>::table, query.search);
  else
    add_search(wanted, db.dialect(), query.search);
  db.set_statement_timeout(remaining_until(deadline));
  return read_page<project>(db, wanted, query,
                            columns_for<project>(query.complete));
}

caf::expected<project_detail>
answer(connection& db, const project_tasks_query& query, int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  project_detail out;
  std::vector<cell> id{query.project_id};
  auto found = select<project>(db, "WHERE id = $1 AND status <> 'deleted'", id,
                               columns_for<project>(query.complete));
  if (!found)
    return found.error();
  if (found->empty())
    return out;
  out.row = std::move(found->front());
  std::vector<cell> params{query.project_id, query.limit, query.offset};
  auto tasks = select<task>(db,
                            "WHERE project_id = $1 AND status <> 'deleted' "
                            "ORDER BY position NULLS LAST, id LIMIT $2 OFFSET "
                            "$3",
                            params);
  if (!tasks)
    return tasks.error();
  out.tasks = std::move(*tasks);
  return out;
}

} // namespace callboard::storage
