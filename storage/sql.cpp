#include "storage/sql.hpp"

#include "protocols/error.hpp"

namespace callboard::storage {

namespace {

std::string names(const std::vector<column>& columns) {
  std::string out;
  for (auto& x : columns)
    out += (out.empty() ? "" : ", ") + std::string{x.name};
  return out;
}

/// `$1::bigint[], $2::text[], ...`
std::string array_parameters(const std::vector<column>& columns) {
  std::string out;
  for (size_t i = 0; i < columns.size(); ++i)
    out += (i == 0 ? "$" : ", $") + std::to_string(i + 1)
           + "::" + std::string{columns[i].type} + "[]";
  return out;
}

std::vector<cell> arrays(const std::vector<column>& columns) {
  std::vector<cell> out;
  out.reserve(columns.size());
  for (auto& x : columns)
    out.emplace_back(array_literal(x.values));
  return out;
}

/// Runs one statement per row: SQLite is in the process, a statement costs no
/// round trip.
caf::error for_each_row(connection& db, const std::string& text,
                        const std::vector<column>& columns) {
  std::vector<cell> params(columns.size());
  for (size_t row = 0; row < columns.front().values.size(); ++row) {
    for (size_t i = 0; i < columns.size(); ++i)
      params[i] = columns[i].values[row];
    if (auto done = db.query(text, params, {}); !done)
      return done.error();
  }
  return caf::none;
}

} // namespace

std::string_view computed_column(std::string_view table,
                                 std::string_view name) {
  if (table == "projects" && name == "tasks_count")
    return "(SELECT count(*) FROM scheduled_tasks AS t WHERE t.project_id = "
           "projects.id AND t.status <> 'deleted')";
  if (table == "projects" && name == "agents_count")
    return "(SELECT count(DISTINCT e.agent_id) FROM execution_results AS e "
           "JOIN scheduled_tasks AS t ON t.id = e.task_id WHERE t.project_id = "
           "projects.id AND t.status <> 'deleted')";
  if (table == "agents" && name == "current_task")
    return "(SELECT e.task_id FROM execution_results AS e WHERE e.agent_id = "
           "agents.id AND e.status = 'running' ORDER BY e.started_at DESC, "
           "e.id DESC LIMIT 1)";
  return "NULL"; // unreadable: nobody said how
}

caf::error insert_columns(connection& db, std::string_view table,
                          const std::vector<column>& columns) {
  auto head
      = "INSERT INTO " + std::string{table} + " (" + names(columns) + ") ";
  if (db.dialect() == dialect_kind::sqlite) {
    std::string values;
    for (size_t i = 0; i < columns.size(); ++i)
      values += (i == 0 ? "$" : ", $") + std::to_string(i + 1);
    return for_each_row(db, head + "VALUES (" + values + ')', columns);
  }
  auto text = head + "SELECT * FROM unnest(" + array_parameters(columns) + ')';
  auto done = db.query(text, arrays(columns), {});
  return done ? caf::error{} : done.error();
}

caf::error update_columns(connection& db, std::string_view table,
                          const std::vector<column>& columns) {
  auto head = "UPDATE " + std::string{table} + " AS t SET ";
  auto key = std::string{columns.front().name};
  std::string set;
  for (size_t i = 1; i < columns.size(); ++i) {
    auto name = std::string{columns[i].name};
    set += (i == 1 ? "" : ", ") + name + " = "
           + (db.dialect() == dialect_kind::sqlite ? '$' + std::to_string(i + 1)
                                                   : "u." + name);
  }
  if (db.dialect() == dialect_kind::sqlite)
    return for_each_row(db, head + set + " WHERE t." + key + " = $1", columns);
  auto text = head + set + " FROM unnest(" + array_parameters(columns)
              + ") AS u(" + names(columns) + ") WHERE t." + key + " = u." + key;
  auto done = db.query(text, arrays(columns), {});
  return done ? caf::error{} : done.error();
}

} // namespace callboard::storage
