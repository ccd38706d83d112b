#include "protocols/task_answer.hpp"

#include "protocols/entity_answer.hpp"

namespace callboard {

std::string task_json(const task& row, std::string_view executions) {
  std::string out;
  out.reserve(768);
  json_writer writer{out};
  writer.StartObject();
  write_members(writer, row);
  writer.Key("title");
  writer.String(row.title ? *row.title : row.skill_name);
  writer.Key("execution_results");
  writer.raw(executions);
  writer.EndObject();
  return out;
}

std::string executions_json(const std::vector<execution>& rows) {
  return json_array(rows, row_json<execution>);
}

kept_answer created_answer(const task& row) {
  return {201, "/api/v1/tasks/" + std::to_string(row.id),
          entity_tag(row.id, row.version), task_json(row)};
}

} // namespace callboard
