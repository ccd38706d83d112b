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

/// `$1::bigint[], $2::text[], ...`; the values go behind those in `params`.
std::string array_parameters(const std::vector<column>& columns,
                             std::vector<cell>& params) {
  std::string out;
  for (auto& x : columns) {
    params.emplace_back(array_literal(x.values));
    out += (out.empty() ? "$" : ", $") + std::to_string(params.size())
           + "::" + std::string{x.type} + "[]";
  }
  return out;
}

std::string insert_head(std::string_view table,
                        const std::vector<column>& columns) {
  return "INSERT INTO " + std::string{table} + " (" + names(columns) + ") ";
}

std::string insert_arrays(const table_rows& x, std::vector<cell>& params) {
  return insert_head(x.table, x.columns) + "SELECT * FROM unnest("
         + array_parameters(x.columns, params) + ')';
}

/// The first ones as parts of the last.
caf::error insert_postgres(connection& db,
                           std::span<const table_rows* const> tables) {
  std::string text;
  std::vector<cell> params;
  for (auto* x : tables.first(tables.size() - 1))
    text += (text.empty() ? "WITH " : ", ") + std::string{x->table}
            + "_new AS (" + insert_arrays(*x, params) + ')';
  text += (text.empty() ? "" : " ") + insert_arrays(*tables.back(), params);
  auto done = db.query(text, params, {});
  return done ? caf::error{} : done.error();
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

caf::error insert_sqlite(connection& db, const table_rows& x) {
  std::string values;
  for (size_t i = 0; i < x.columns.size(); ++i)
    values += (i == 0 ? "$" : ", $") + std::to_string(i + 1);
  return for_each_row(
      db, insert_head(x.table, x.columns) + "VALUES (" + values + ')',
      x.columns);
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

caf::error insert_together(connection& db, std::span<const table_rows> tables) {
  std::vector<const table_rows*> filled;
  for (auto& x : tables)
    if (!x.columns.empty() && !x.columns.front().values.empty())
      filled.push_back(&x);
  if (filled.empty())
    return caf::none;
  if (db.dialect() == dialect_kind::postgres)
    return insert_postgres(db, filled);
  for (auto* x : filled)
    if (auto err = insert_sqlite(db, *x))
      return err;
  return caf::none;
}

caf::error insert_columns(connection& db, std::string_view table,
                          std::vector<column> columns) {
  table_rows inserted{table, std::move(columns)};
  return insert_together(db, {&inserted, 1});
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
  std::vector<cell> params;
  auto text = head + set + " FROM unnest(" + array_parameters(columns, params)
              + ") AS u(" + names(columns) + ") WHERE t." + key + " = u." + key;
  auto done = db.query(text, params, {});
  return done ? caf::error{} : done.error();
}

} // namespace callboard::storage
