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

  /// Only the instants of the range.
  filter& add_range(const std::string& column, const time_range& x) {
    if (x.from != time_range{}.from)
      add(column + " >= ", x.from);
    if (x.until != time_range{}.until)
      add(column + " < ", x.until);
    return *this;
  }

  /// What was asked for so far is checked with the rows that the next condition
  /// finds: no index is used for it.
  filter& check_only() {
    if (!text_.empty())
      text_ = "WHERE (" + text_.substr(std::string_view{"WHERE "}.size())
              + ") IS TRUE";
    return *this;
  }

  /// Takes a parameter that a condition names itself; its number.
  size_t take(cell value) {
    params_.push_back(std::move(value));
    return params_.size();
  }

  /// The rows are few and no index has them in the order of the list: find
  /// them all and sort. PostgreSQL might rather walk everybody's rows in order
  /// and hope to meet some soon.
  filter& find_first() {
    finds_first_ = true;
    return *this;
  }

  const std::string& text() const { return text_; } ///< `WHERE ...`, or empty
  const std::vector<cell>& params() const { return params_; }
  bool finds_first() const { return finds_first_; }

private:
  std::string text_;
  std::vector<cell> params_;
  bool finds_first_ = false;
};

/// Only rows whose `search_text` has this part, in any case; no pattern: every
/// character is literal. An empty one asks for nothing. For one owner's rows,
/// which are few: it looks at each.
void add_search(filter& wanted, dialect_kind dialect, std::string_view part);

/// The same among everybody's rows: by the trigrams of a part of three
/// characters or more. `table`: with an index of them.
void add_wide_search(filter& wanted, dialect_kind dialect,
                     std::string_view table, std::string_view part);

/// `name`, or what computes it.
template <class T>
std::string column_expression(std::string_view name) {
  std::string out{name};
  for_each_field<T>([&](auto& x, size_t) {
    if (x.column() == name && !x.rule.stored)
      out = computed_column(entity<T>::table, x.name);
  });
  return out;
}

/// `ORDER BY ...`; a nullable column is a time.
std::string order_by(dialect_kind dialect, const list_order& order);

/// The condition for the rows behind a position. `column`: what the list is
/// sorted by.
std::string behind(dialect_kind dialect, const list_order& order,
                   const std::string& column, const list_position& at,
                   std::vector<cell>& params);

/// The rows with `total` behind each, of at most `limit` and one more, which
/// shows that there is more.
template <class T>
caf::expected<page<T>> read_counted(const caf::expected<rows>& found,
                                    int64_t limit) {
  if (!found)
    return found.error();
  page<T> out;
  for (auto cells : *found) {
    out.total = std::get<int64_t>(cells.back());
    cells.pop_back();
    if (!from_record(cells, out.rows.emplace_back()))
      return unreadable_row(entity<T>::table);
  }
  out.more = static_cast<int64_t>(out.rows.size()) > limit;
  if (out.more)
    out.rows.pop_back();
  return out;
}

/// One page of what `query` asks for: its `limit`, `offset`, `after` and
/// `order_of(query)`. One statement is one snapshot: the total cannot
/// contradict the rows. `columns` are those of T, or what stands for them.
template <class T, class Query>
caf::expected<page<T>> read_page(connection& db, const filter& wanted,
                                 const Query& query,
                                 std::string_view columns = column_list<T>()) {
  auto order = order_of(query);
  const std::string table{entity<T>::table};
  auto from = " FROM " + table + ' ';
  auto total = "(SELECT count(*)" + from + wanted.text() + ')';
  auto params = wanted.params();
  auto source = from + wanted.text();
  auto fenced = wanted.finds_first() && db.dialect() == dialect_kind::postgres;
  if (fenced)
    source = " FROM (SELECT *" + source + " OFFSET 0) AS " + table;
  if (query.after.id != 0)
    source += (fenced || wanted.text().empty() ? " WHERE " : " AND ")
              + behind(db.dialect(), order, column_expression<T>(order.column),
                       query.after, params);
  auto n = params.size();
  params.emplace_back(query.limit + 1);
  params.emplace_back(query.offset);
  auto kinds = kinds_of<T>();
  kinds.push_back(cell_kind::integer);
  auto out = read_counted<T>(db.query("SELECT " + std::string{columns} + ", "
                                          + total + source + ' '
                                          + order_by(db.dialect(), order)
                                          + " LIMIT $" + std::to_string(n + 1)
                                          + " OFFSET $" + std::to_string(n + 2),
                                      params, kinds),
                             query.limit);
  if (!out || !out->rows.empty() || (query.offset == 0 && query.after.id == 0))
    return out;
  auto counted = db.query("SELECT " + total, wanted.params(),
                          {{cell_kind::integer}}); // beyond the end
  if (!counted)
    return counted.error();
  out->total = std::get<int64_t>((*counted)[0][0]);
  return out;
}

} // namespace callboard::storage
