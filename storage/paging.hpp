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

  /// The rows are few, or nobody can tell how many, and no index has them in
  /// the order of the list: find them all and sort. PostgreSQL might rather
  /// walk everybody's rows in order and hope to meet some soon.
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

/// The statement for one page, with the total behind each row. `params`: those
/// of the filter; takes the others.
template <class T, class Query>
std::string page_statement(dialect_kind dialect, const filter& wanted,
                           const Query& query, std::string_view columns,
                           std::vector<cell>& params) {
  const auto order = order_of(query);
  const auto sorted = ' ' + order_by(dialect, order);
  const auto column = column_expression<T>(order.column);
  const auto all = std::string{entity<T>::table} + ' ' + wanted.text();
  const auto first = wanted.finds_first() && dialect == dialect_kind::postgres;
  auto source = " FROM " + (first ? "found" : all);
  if (query.after.id != 0)
    source
        += (first || wanted.text().empty() ? " WHERE " : " AND ")
           + behind(dialect, order, first ? std::string{order.column} : column,
                    query.after, params);
  params.emplace_back(query.limit + 1);
  source += sorted + " LIMIT $" + std::to_string(params.size());
  params.emplace_back(query.offset);
  source += " OFFSET $" + std::to_string(params.size());
  const auto select = "SELECT " + std::string{columns}
                      + ", (SELECT count(*) FROM " + (first ? "found" : all)
                      + ')';
  if (!first)
    return select + source;
  return "WITH found AS MATERIALIZED (SELECT id, " + column + " AS "
         + std::string{order.column} + " FROM " + all + ") " + select + " FROM "
         + std::string{entity<T>::table} + " WHERE id = ANY (ARRAY(SELECT id"
         + source + "))" + sorted;
}

/// One page of what `query` asks for: its `limit`, `offset`, `after` and
/// `order_of(query)`. One statement is one snapshot: the total cannot
/// contradict the rows. `columns` are those of T, or what stands for them.
template <class T, class Query>
caf::expected<page<T>> read_page(connection& db, const filter& wanted,
                                 const Query& query,
                                 std::string_view columns = column_list<T>()) {
  auto params = wanted.params();
  auto text = page_statement<T>(db.dialect(), wanted, query, columns, params);
  auto kinds = kinds_of<T>();
  kinds.push_back(cell_kind::integer);
  auto out = read_counted<T>(db.query(text, params, kinds), query.limit);
  if (!out || !out->rows.empty() || (query.offset == 0 && query.after.id == 0))
    return out;
  auto counted
      = db.query("SELECT count(*) FROM " + std::string{entity<T>::table} + ' '
                     + wanted.text(),
                 wanted.params(), {{cell_kind::integer}}); // beyond the end
  if (!counted)
    return counted.error();
  out->total = std::get<int64_t>((*counted)[0][0]);
  return out;
}

} // namespace callboard::storage
