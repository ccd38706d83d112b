#include "storage/execution_columns.hpp"
#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

std::string short_execution_columns(dialect_kind dialect) {
  auto limit = std::to_string(shown_text);
  std::string out;
  for_each_field<execution>([&](auto& x, size_t i) {
    auto name = std::string{x.column()};
    out += i == 0 ? "" : ", ";
    if (!name.ends_with("_text"))
      out += name;
    else if (dialect == dialect_kind::postgres)
      out += "right(" + name + ", " + limit + ')';
    else
      out += "substr(" + name + ", -" + limit + ')';
  });
  return out;
}

caf::expected<task_history> answer(connection& db, const history_query& query,
                                   int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  task_history out;
  std::vector<cell> id{query.task_id};
  auto found = select<task>(db, "WHERE id = $1", id);
  if (!found)
    return found.error();
  if (found->empty())
    return out;
  out.row = std::move(found->front());
  filter wanted;
  wanted.add("task_id = ", query.task_id)
      .add_range("started_at", query.started);
  auto runs = read_page<execution>(db, wanted, query,
                                   short_execution_columns(db.dialect()));
  if (!runs)
    return runs.error();
  out.runs = std::move(*runs);
  return out;
}

} // namespace callboard::storage
