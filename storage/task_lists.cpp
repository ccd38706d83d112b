#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

caf::expected<page<task>> answer(connection& db, const task_query& query,
                                 int64_t deadline) {
  filter wanted;
  const auto everybody = query.owner.empty();
  if (!everybody)
    wanted.add("user_id = ", query.owner);
  if (!everybody && query.sort_by != task_order::created_at)
    wanted.find_first();
  if (query.status.empty())
    wanted.add("status <> 'deleted'");
  else
    wanted.add("status = ", query.status);
  auto few = !query.skill_name.empty() || query.project_id != 0;
  if (everybody && few && db.dialect() == dialect_kind::sqlite)
    wanted.check_only(); // to SQLite a status seems as rare as a project
  if (!query.skill_name.empty())
    wanted.add("skill_name = ", query.skill_name);
  if (query.project_id != 0)
    wanted.add("project_id = ", query.project_id);
  if (everybody)
    add_wide_search(wanted, db.dialect(), entity<task>::table, query.search);
  else
    add_search(wanted, db.dialect(), query.search);
  db.set_statement_timeout(remaining_until(deadline));
  return read_page<task>(db, wanted, query);
}

} // namespace callboard::storage
