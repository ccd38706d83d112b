#include "protocols/memory_answer.hpp"

#include "protocols/json.hpp"

namespace callboard {

kept_answer stored_answer(const memory_entry& entry) {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  writer.Key("status");
  writer.String("degraded");
  writer.Key("storage");
  writer.String(memory_fallback);
  writer.Key("task_id");
  writer.String(entry.task_id);
  writer.Key("metadata");
  writer.raw(entry.metadata.text);
  writer.Key("warning");
  writer.String(memory_warning);
  writer.EndObject();
  return {200, {}, {}, std::move(out)};
}

} // namespace callboard
