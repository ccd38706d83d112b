#include "net/compat.hpp"
#include "protocols/unicode.hpp"

namespace callboard::net {

namespace {

std::optional<std::string> as_text(const std::optional<int64_t>& id) {
  return id ? std::optional{std::to_string(*id)} : std::nullopt;
}

void put_task(json_object& out, const task& row,
              const std::optional<int64_t>& order) {
  out.put("id", std::to_string(row.id))
      .put("projectId", as_text(row.project_id))
      .put("title", row.title.value_or(row.skill_name))
      .put("description", row.description)
      .put("status", row.status)
      .put("priority", row.priority)
      .put("skill_name", row.skill_name)
      .put("schedule", row.schedule_cron)
      .put("next_run_at", row.next_run_at)
      .put("last_run_at", row.last_run_at)
      .put("params", row.params)
      .put("assignee", row.assignee)
      .put("dueDate", row.due_date)
      .put("order", order)
      .put("createdAt", row.created_at)
      .put("updatedAt", row.updated_at);
}

std::string_view activity_status(execution_status status) {
  switch (status) {
  case execution_status::running:
    return "running";
  case execution_status::success:
    return "completed";
  default:
    return "failed";
  }
}

constexpr size_t preview = 200; ///< of an output [characters]

std::string task_text(schema_book&) {
  return object_schema{}
      .put("id", a_text)
      .put("projectId", a_text_or_null)
      .put("title", a_text)
      .put("description", a_text_or_null)
      .put("status", schema_maker<task_status>::make(nullptr).text())
      .put("priority", schema_maker<task_priority>::make(nullptr).text())
      .put("skill_name", a_text)
      .put("schedule", a_text_or_null)
      .put("next_run_at", or_null(an_instant))
      .put("last_run_at", or_null(an_instant))
      .put("params", an_object)
      .put("assignee", a_text_or_null)
      .put("dueDate", or_null(an_instant))
      .put("order", or_null(an_integer))
      .put("createdAt", an_instant)
      .put("updatedAt", an_instant)
      .done();
}

std::string project_text(schema_book&) {
  return object_schema{}
      .put("id", a_text)
      .put("name", a_text)
      .put("description", a_text_or_null)
      .put("status", schema_maker<project_status>::make(nullptr).text())
      .put("taskCount", a_count)
      .put("agentCount", a_count)
      .put("createdAt", an_instant)
      .put("updatedAt", an_instant)
      .done();
}

std::string agent_text(schema_book&) {
  return object_schema{}
      .put("id", a_text)
      .put("name", a_text)
      .put("type", schema_maker<agent_type>::make(nullptr).text())
      .put("capabilities", array_of(a_text))
      .put("status", choice_of({"idle", "busy", "error"}))
      .maybe("currentTask", a_text)
      .done();
}

std::string run_text(schema_book&) {
  auto details
      = object_schema{}
            .put("taskId", a_text)
            .maybe("taskTitle", a_text)
            .maybe("skillName", a_text)
            .put("status", choice_of({"running", "completed", "failed"}))
            .maybe("completedAt", an_instant)
            .maybe("outputPreview", a_text)
            .maybe("error", a_text)
            .done();
  return object_schema{}
      .put("id", a_text)
      .put("agentId", a_text_or_null)
      .put("action", a_text)
      .put("timestamp", an_instant)
      .put("details", details)
      .done();
}

} // namespace

const schema dashboard_task_schema{"CompatTask", task_text};
const schema dashboard_project_schema{"CompatProject", project_text};
const schema dashboard_agent_schema{"CompatAgent", agent_text};
const schema dashboard_run_schema{"CompatAgentActivity", run_text};
const schema done_schema{"Envelope",
                         [](schema_book&) { return envelope_schema({}); }};

void send_data(exchange& x, unsigned status, std::string_view data) {
  json_object out;
  out.put("success", true);
  if (!data.empty())
    out.put_raw("data", data);
  x.send(status, out.done());
}

std::string dashboard_json(const task& row) {
  json_object out;
  put_task(out, row, row.position);
  return out.done();
}

std::string dashboard_json(const task& row, int64_t order) {
  json_object out;
  put_task(out, row, order);
  return out.done();
}

std::string dashboard_json(const project& row) {
  return json_object{}
      .put("id", std::to_string(row.id))
      .put("name", row.name)
      .put("description", row.description)
      .put("status", row.status)
      .put("taskCount", row.tasks_count)
      .put("agentCount", row.agents_count)
      .put("createdAt", row.created_at)
      .put("updatedAt", row.updated_at)
      .done();
}

std::string dashboard_json(const agent& row) {
  json_object out;
  out.put("id", std::to_string(row.id))
      .put("name", row.name)
      .put("type", row.type)
      .put("capabilities", row.capabilities)
      .put("status", dashboard_status(row.status));
  if (row.current_task)
    out.put("currentTask", std::to_string(*row.current_task));
  return out.done();
}

std::string dashboard_json(const agent_run& x) {
  auto& run = x.run;
  auto status = activity_status(run.status);
  json_object details;
  details.put("taskId", std::to_string(run.task_id));
  if (!x.title.empty())
    details.put("taskTitle", x.title).put("skillName", x.skill);
  details.put("status", status);
  if (run.ended_at)
    details.put("completedAt", *run.ended_at);
  if (run.output_text)
    details.put("outputPreview", first_code_points(*run.output_text, preview));
  if (run.error_text)
    details.put("error", *run.error_text);
  return json_object{}
      .put("id", std::to_string(run.id))
      .put("agentId", as_text(run.agent_id))
      .put("action", "task_" + std::string{status})
      .put("timestamp", run.ended_at.value_or(run.started_at))
      .put_raw("details", details.done())
      .done();
}

} // namespace callboard::net
