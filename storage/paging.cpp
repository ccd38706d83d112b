#include "storage/paging.hpp"

#include "protocols/unicode.hpp"

namespace callboard::storage {

void add_search(filter& wanted, dialect_kind dialect, std::string_view part) {
  if (!part.empty())
    wanted.add(dialect == dialect_kind::postgres ? "strpos(search_text, "
                                                 : "instr(search_text, ",
               fold_case(part), ") > 0");
}

std::string order_by(const list_order& order) {
  auto direction = std::string{order.descending ? " DESC" : " ASC"};
  std::string nulls;
  if (order.nullable)
    nulls = order.descending ? " NULLS LAST" : " NULLS FIRST";
  return "ORDER BY " + std::string{order.column} + direction + nulls + ", id"
         + direction;
}

std::string behind(const list_order& order, const std::string& column,
                   const list_position& at, std::vector<cell>& params) {
  auto parameter = [&](cell value) {
    params.push_back(std::move(value));
    return '$' + std::to_string(params.size());
  };
  auto past = std::string{order.descending ? " < " : " > "};
  if (is_null(at.value)) {
    auto among_nulls = column + " IS NULL AND id" + past + parameter(at.id);
    if (order.descending)
      return among_nulls;
    return '(' + column + " IS NOT NULL OR (" + among_nulls + "))";
  }
  auto value = parameter(at.value);
  auto pair = '(' + column + ", id)" + past + '(' + value + ", "
              + parameter(at.id) + ')';
  if (!order.nullable || !order.descending)
    return pair;
  return '(' + pair + " OR " + column + " IS NULL)";
}

} // namespace callboard::storage
