// Statements made from declarations: select, insert and update whole sets.
#pragma once

#include "protocols/entity.hpp"
#include "storage/connection.hpp"
#include "storage/dialect.hpp"

#include <caf/expected.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callboard::storage {

/// The expression of a field that is not stored (`rules::stored`).
std::string_view computed_column(std::string_view table, std::string_view name);

/// `id, skill_name, ...`, in the order of the fields. A field that is neither
/// stored nor shown costs a subquery per row: in place of it stands its
/// default, unless the list is a complete one.
template <class T, bool complete = false>
const std::string& column_list() {
  static const std::string list = [] {
    std::string out;
    for_each_field<T>([&](auto& x, size_t i) {
      using value_type = typename std::remove_cvref_t<decltype(x)>::value_type;
      out += i == 0 ? "" : ", ";
      if (!x.rule.stored && (x.rule.shown || complete))
        out += std::string{computed_column(entity<T>::table, x.name)} + " AS ";
      else if (!x.rule.stored)
        out += std::is_integral_v<value_type> ? "0 AS " : "NULL AS ";
      out += x.column();
    });
    return out;
  }();
  return list;
}

/// The columns that a question with a flag `complete` asks for.
template <class T>
std::string_view columns_for(bool complete) {
  return complete ? column_list<T, true>() : column_list<T>();
}

/// The kinds of cells of a row.
template <class T>
const std::vector<cell_kind>& kinds_of() {
  static const std::vector<cell_kind> kinds = [] {
    std::vector<cell_kind> out;
    for_each_field<T>([&](auto& x, size_t) {
      using value_type = typename std::remove_cvref_t<decltype(x)>::value_type;
      out.push_back(static_cast<cell_kind>(stored_as<value_type>::kind));
    });
    return out;
  }();
  return kinds;
}

/// The rows of a result as entities; `internal` if a cell does not fit.
template <class T>
caf::expected<std::vector<T>> read_rows(const caf::expected<rows>& found) {
  if (!found)
    return found.error();
  std::vector<T> out;
  out.reserve(found->size());
  for (auto& cells : *found)
    if (!from_record(cells, out.emplace_back()))
      return unreadable_row(entity<T>::table);
  return out;
}

/// `SELECT <columns> FROM <table> <tail>`: the tail has WHERE, ORDER and more.
template <class T>
caf::expected<std::vector<T>>
select(connection& db, std::string_view tail, std::span<const cell> params,
       std::string_view columns = column_list<T>()) {
  auto text = "SELECT " + std::string{columns} + " FROM "
              + std::string{entity<T>::table} + ' ' + std::string{tail};
  return read_rows<T>(db.query(text, params, kinds_of<T>()));
}

/// One column of a set, as written by `insert_rows` and `update_rows`.
struct column {
  std::string_view name;
  std::string_view type; ///< in PostgreSQL, for its arrays
  std::vector<cell> values;
};

/// New rows of a table; all columns have as many values.
struct table_rows {
  std::string_view table;
  std::vector<column> columns;
};

/// Inserts into tables that do not refer to one another; without rows a table
/// is left out. One statement with PostgreSQL.
caf::error insert_together(connection& db, std::span<const table_rows> tables);

/// Inserts or updates (by the first column) all rows of the columns with as
/// few statements as the dialect allows.
caf::error insert_columns(connection& db, std::string_view table,
                          std::vector<column> columns);
caf::error update_columns(connection& db, std::string_view table,
                          const std::vector<column>& columns);

template <class T>
std::vector<column> columns_of(std::span<const T> set) {
  std::vector<column> out;
  for_each_field<T>([&](auto& x, size_t i) {
    if (!x.rule.stored)
      return;
    column& c = out.emplace_back();
    c.name = x.column();
    c.type = postgres_type(entity<T>::table, c.name, kinds_of<T>()[i]);
    c.values.reserve(set.size());
    for (auto& row : set)
      c.values.push_back(to_cell(row.*x.member));
  });
  return out;
}

template <class T>
caf::error insert_rows(connection& db, std::span<const T> set) {
  return set.empty() ? caf::error{}
                     : insert_columns(db, entity<T>::table, columns_of(set));
}

template <class T>
caf::error update_rows(connection& db, std::span<const T> set) {
  return set.empty() ? caf::error{}
                     : update_columns(db, entity<T>::table, columns_of(set));
}

} // namespace callboard::storage
