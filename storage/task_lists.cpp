#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

caf::expected<page<task>> answer(connection& db, const task_query& query,
                                 int64_t deadline) {
  filter wanted;
  if (!query.owner.empty())
    wanted.add("user_id = ", query.owner);
  if (query.status.empty())
    wanted.add("status <> 'deleted'");
  else
    wanted.add("status = ", query.status);
  if (!query.skill_name.empty())
    wanted.add("skill_name = ", query.skill_name);
  if (query.project_id != 0)
    wanted.add("project_id = ", query.project_id);
  add_search(wanted, db.dialect(), query.search);
  db.set_statement_timeout(remaining_until(deadline));
  return read_page<task>(db, wanted, query);
}

} // namespace callboard::storage
