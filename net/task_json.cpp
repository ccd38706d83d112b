#include "net/task_json.hpp"

#include "net/json_answer.hpp"

namespace callboard::net {

std::string task_json(const task& row, std::string_view executions) {
  return json_object{}
      .members(row)
      .put("title", row.title.value_or(row.skill_name))
      .put_raw("execution_results", executions)
      .done();
}

std::string tasks_json(const std::vector<task>& rows) {
  return json_array(rows, [](auto& row) { return task_json(row); });
}

std::string executions_json(const std::vector<execution>& rows) {
  return json_array(
      rows, [](auto& row) { return json_object{}.members(row).done(); });
}

} // namespace callboard::net
