#include "protocols/project.hpp"

#include "protocols/unicode.hpp"

namespace callboard {

std::optional<std::string> check_not_blank(std::string_view text) {
  if (trimmed(text).empty())
    return "must not be blank";
  return std::nullopt;
}

void entity<project>::check(const patch<project>& changes, given rules::*,
                            violations& problems) {
  if (changes.has(&project::status)
      && changes.values.status == project_status::deleted)
    problems.push_back({"value_error", location("body", "status"),
                        "Value error, a project is deleted by DELETE alone",
                        "\"deleted\"",
                        R"({"error":"a project is deleted by DELETE alone"})"});
}

list_order order_of(const project_query& x) {
  auto column = name_of(x.sort_by);
  auto descending = column.front() == '-';
  return {column.substr(descending ? 1 : 0), descending};
}

} // namespace callboard
