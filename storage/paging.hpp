// What the lists share: filters, and a page with its total.
#pragma once

#include "protocols/page.hpp"
#include "storage/sql.hpp"

namespace callboard::storage {

/// Conditions joined by AND, and their parameters.
class filter {
public:
  /// `<before>$n<after>`, with the value as `$n`.
  filter& add(std::string_view before, cell value,
              std::string_view after = {}) {
    params_.push_back(std::move(value));
    return add(std::string{before} + '$' + std::to_string(params_.size())
               + std::string{after});
  }

  filter& add(const std::string& condition) {
    text_ += (text_.empty() ? "WHERE " : " AND ") + condition;
    return *this;
  }

  /// Takes a parameter that a condition names itself; its number.
  size_t take(cell value) {
    params_.push_back(std::move(value));
    return params_.size();
  }

  const std::string& text() const { return text_; } ///< `WHERE ...`, or empty
  const std::vector<cell>& params() const { return params_; }

private:
  std::string text_;
  std::vector<cell> params_;
};

/// The rows with `total` behind each.
template <class T>
caf::expected<page<T>> read_counted(const caf::expected<rows>& found) {
  if (!found)
    return found.error();
  page<T> out;
  for (auto cells : *found) {
    out.total = std::get<int64_t>(cells.back());
    cells.pop_back();
    if (!from_record(cells, out.rows.emplace_back()))
      return unreadable_row(entity<T>::table);
  }
  return out;
}

/// One statement, one snapshot: the total cannot contradict the rows. `columns`
/// are those of T, or what stands for them.
template <class T>
caf::expected<page<T>> read_page(connection& db, const filter& wanted,
                                 std::string_view order, int64_t limit,
                                 int64_t offset,
                                 std::string_view columns = column_list<T>()) {
  auto from = " FROM " + std::string{entity<T>::table} + ' ';
  auto total = "(SELECT count(*)" + from + wanted.text() + ')';
  auto params = wanted.params();
  params.emplace_back(limit);
  params.emplace_back(offset);
  auto kinds = kinds_of<T>();
  kinds.push_back(cell_kind::integer);
  auto n = wanted.params().size();
  auto out = read_counted<T>(db.query(
      "SELECT " + std::string{columns} + ", " + total + from + wanted.text()
          + ' ' + std::string{order} + " LIMIT $" + std::to_string(n + 1)
          + " OFFSET $" + std::to_string(n + 2),
      params, kinds));
  if (!out || !out->rows.empty() || offset == 0)
    return out;
  auto counted = db.query("SELECT " + total, wanted.params(),
                          {{cell_kind::integer}}); // beyond the end
  if (!counted)
    return counted.error();
  out->total = std::get<int64_t>((*counted)[0][0]);
  return out;
}

} // namespace callboard::storage
