#include "protocols/execution_answer.hpp"

#include "protocols/entity_json.hpp"

namespace callboard {

namespace {

/// One member of an object.
template <class T>
void put(json_writer& writer, std::string_view key, const T& value) {
  writer.Key(key);
  write_json(writer, value);
}

} // namespace

kept_answer accepted_answer(const execution& run) {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  put(writer, "task_id", run.task_id);
  put(writer, "execution_id", run.id);
  put(writer, "status", run.status);
  writer.EndObject();
  return {202, {}, {}, std::move(out)};
}

kept_answer reported_answer(const execution& run, bool told) {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  put(writer, "status", std::string{"success"});
  put(writer, "message", std::string{"Agent activity logged successfully"});
  put(writer, "agent_id", run.agent_id);
  put(writer, "task_id", run.task_id);
  put(writer, "execution_id", run.id);
  put(writer, "stored_in_memory_mcp", false); // no memory yet
  put(writer, "broadcasted_via_websocket", told);
  writer.EndObject();
  return {201, {}, {}, std::move(out)};
}

} // namespace callboard
