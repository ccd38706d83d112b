#include "net/answer_schemas.hpp"

#include "net/json_answer.hpp"
#include "net/sliced_list.hpp"
#include "protocols/execution.hpp"
#include "protocols/memory.hpp"
#include "protocols/task_answer.hpp"
#include "protocols/user.hpp"

namespace callboard::net {

namespace {

constexpr std::string_view a_uuid = R"({"type":"string","format":"uuid"})";

std::string message_text(schema_book&) {
  return object_schema{}
      .put("message", a_text)
      .put("detail", a_text_or_null)
      .done();
}

std::string task_text(schema_book& all) {
  auto runs = R"({"type":["array","null"],"maxItems":10,"items":)"
              + all.use(execution_schema) + '}';
  return object_schema{}
      .members<task>()
      .put("title", a_text)
      .put("execution_results", runs)
      .done();
}

std::string tasks_text(schema_book& all) {
  return object_schema{}
      .put("tasks", array_of(all.use(task_schema)))
      .put("total", a_count)
      .done();
}

std::string memory_tags_text(schema_book&) {
  auto who = object_schema{}
                 .put("agent_id", a_text)
                 .put("agent_category", a_text)
                 .put("capabilities", array_of(a_text))
                 .put("user_id", a_text)
                 .done();
  auto when = object_schema{}
                  .put("iso_timestamp", an_instant)
                  .put("unix_timestamp", an_integer)
                  .put("readable", a_text)
                  .done();
  auto project = object_schema{}
                     .put("project_id", a_text)
                     .put("project_name", a_text)
                     .put("task_id", a_text)
                     .done();
  auto why
      = object_schema{}
            .put("intent", schema_maker<memory_intent>::make(nullptr).text())
            .put("description", a_text)
            .done();
  return object_schema{}
      .put("who", who)
      .put("when", when)
      .put("project", project)
      .put("why", why)
      .maybe("additional", an_object)
      .done();
}

object_schema error_members(std::string_view detail) {
  object_schema out;
  out.put("detail", detail)
      .put("error_id", a_uuid)
      .put("timestamp", an_instant)
      .put("status_code", an_integer);
  return out;
}

std::string error_text(schema_book&) {
  return error_members(a_text).maybe("error", a_text).done();
}

std::string violation_text(schema_book&) {
  return object_schema{}
      .put("type", a_text)
      .put("loc", R"({"type":"array","items":{"type":["string","integer"]}})")
      .put("msg", a_text)
      .put("input", "{}")
      .maybe("ctx", an_object)
      .done();
}

constexpr schema violation_schema{"Violation", violation_text};

std::string validation_text(schema_book& all) {
  return error_members(array_of(all.use(violation_schema))).done();
}

std::string problem_text(schema_book& all) {
  return object_schema{}
      .put("type", a_text)
      .put("title", a_text)
      .put("status", an_integer)
      .put("detail", a_text)
      .put("instance", a_uuid)
      .maybe("errors", array_of(all.use(violation_schema)))
      .done();
}

std::string error_envelope_text(schema_book&) {
  return object_schema{}
      .put("success", R"({"type":"boolean","const":false})")
      .put("error", a_text)
      .put("message", a_text)
      .done();
}

} // namespace

const schema user_schema{"User", row_schema<user>};
std::string message_json(std::string_view text) {
  return json_object{}.put("message", text).put_raw("detail", "null").done();
}

void send_tasks(const exchange_ptr& x, std::vector<task> rows) {
  auto total = static_cast<int64_t>(rows.size());
  send_list(
      x, up_to_list("{}", "tasks"), std::move(rows),
      [](auto& row) { return task_json(row); },
      behind_list(json_object{}.put("total", total).done()));
}

const schema message_schema{"Message", message_text};
const schema task_schema{"Task", task_text};
const schema tasks_schema{"Tasks", tasks_text};
const schema execution_schema{"Execution", row_schema<execution>};
const schema memory_tags_schema{"MemoryTags", memory_tags_text};
const schema error_schema{"Error", error_text};
const schema validation_schema{"ValidationError", validation_text};
const schema problem_schema{"Problem", problem_text};
const schema error_envelope_schema{"ErrorEnvelope", error_envelope_text};

} // namespace callboard::net
