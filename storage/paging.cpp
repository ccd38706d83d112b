#include "storage/paging.hpp"

#include "protocols/unicode.hpp"

namespace callboard::storage {

namespace {

constexpr size_t trigram = 3; ///< what the indexes know of a text [characters]

/// As part of a pattern that stands for itself alone.
std::string literal_pattern(dialect_kind dialect, std::string_view text) {
  auto postgres = dialect == dialect_kind::postgres;
  std::string out = postgres ? "%" : "*";
  for (char c : text) {
    if (postgres && (c == '%' || c == '_' || c == '\\'))
      (out += '\\') += c;
    else if (!postgres && (c == '*' || c == '?' || c == '['))
      ((out += '[') += c) += ']';
    else
      out += c;
  }
  return out + (postgres ? '%' : '*');
}

/// Of the times.
std::string least(dialect_kind dialect) {
  return dialect == dialect_kind::postgres ? "'-infinity'::timestamptz"
                                           : "-9223372036854775808";
}

/// What an index has: nulls are the least, so that one value is one range.
std::string sort_key(dialect_kind dialect, const list_order& order,
                     const std::string& column) {
  return order.nullable ? "coalesce(" + column + ", " + least(dialect) + ')'
                        : column;
}

} // namespace

void add_search(filter& wanted, dialect_kind dialect, std::string_view part) {
  if (!part.empty())
    wanted.add(dialect == dialect_kind::postgres ? "strpos(search_text, "
                                                 : "instr(search_text, ",
               fold_case(part), ") > 0");
}

void add_wide_search(filter& wanted, dialect_kind dialect,
                     std::string_view table, std::string_view part) {
  if (first_code_points(part, trigram - 1).size() == part.size())
    return add_search(wanted, dialect, part);
  auto pattern = literal_pattern(dialect, fold_case(part));
  if (dialect == dialect_kind::postgres)
    wanted.find_first().add("search_text LIKE ", std::move(pattern));
  else // it has no statistics, and takes a short list of ids for a long one
    wanted.check_only().add("id IN (SELECT rowid FROM " + std::string{table}
                                + "_fts WHERE search_text GLOB ",
                            std::move(pattern), ")");
}

std::string order_by(dialect_kind dialect, const list_order& order) {
  auto direction = std::string{order.descending ? " DESC" : " ASC"};
  return "ORDER BY " + sort_key(dialect, order, std::string{order.column})
         + direction + ", id" + direction;
}

std::string behind(dialect_kind dialect, const list_order& order,
                   const std::string& column, const list_position& at,
                   std::vector<cell>& params) {
  auto parameter = [&](cell value) {
    params.push_back(std::move(value));
    return '$' + std::to_string(params.size());
  };
  auto key = sort_key(dialect, order, column);
  auto postgres = dialect == dialect_kind::postgres;
  auto null = is_null(at.value);
  // The nulls are the last of all. Of many equal ones PostgreSQL knows, SQLite
  // takes few for granted.
  if (null && order.descending)
    return key + (postgres ? " = " : " <= ") + least(dialect) + " AND id < "
           + parameter(at.id);
  auto value = null ? least(dialect) : parameter(at.value);
  auto pair = '(' + key + ", id)" + (order.descending ? " < (" : " > (") + value
              + ", " + parameter(at.id) + ')';
  if (!order.nullable || postgres)
    return pair;
  // SQLite does not see the range of an index on an expression in a pair.
  return key + (order.descending ? " <= " : " >= ") + value + " AND " + pair;
}

} // namespace callboard::storage
