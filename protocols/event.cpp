#include "protocols/event.hpp"

#include "protocols/entity_json.hpp"

namespace callboard {

namespace {

/// Who hears of a task: its owner, or admins alone when it has none.
std::string audience_of(const task& row) {
  auto numeric
      = row.user_id && !row.user_id->empty()
        && row.user_id->find_first_not_of("0123456789") == std::string::npos;
  return numeric ? *row.user_id : "admins";
}

event about(const task& row, std::string type, std::string channel,
            timestamp at) {
  event out;
  out.type = std::move(type);
  out.audience = audience_of(row);
  out.channel = std::move(channel);
  out.task_id = row.id;
  out.project_id = row.project_id;
  out.status = std::string{name_of(row.status)};
  out.owner_id = row.user_id;
  out.created_at = at;
  return out;
}

template <class F>
json_text object(F&& members) {
  json_text out{""};
  json_writer writer{out.text};
  writer.StartObject();
  members([&](std::string_view key, const auto& value) {
    writer.Key(key);
    write_json(writer, value);
  });
  writer.EndObject();
  return out;
}

std::optional<std::string> as_text(const std::optional<int64_t>& x) {
  return x ? std::optional{std::to_string(*x)} : std::nullopt;
}

constexpr std::optional<std::string> none;

} // namespace

event task_status_update(const task& row, timestamp at) {
  auto out = about(row, "task_status_update", "tasks", at);
  out.data = object([&](auto put) {
    put("assignee", row.assignee);
    put("error", none);
    put("output", none);
    put("project_id", row.project_id);
    put("skill_name", row.skill_name);
    put("status", row.status);
    put("task_id", row.id);
    put("timestamp", at);
    put("updated_at", row.updated_at);
    put("user_id", row.user_id);
  });
  out.payload = object([&](auto put) {
    put("assignee", row.assignee);
    put("error", none);
    put("output", none);
    put("projectId", as_text(row.project_id));
    put("status", row.status);
    put("taskId", std::to_string(row.id));
    put("updatedAt", row.updated_at);
  });
  return out;
}

std::optional<event> calendar_event_created(const task& row, timestamp at) {
  if (!row.next_run_at)
    return std::nullopt;
  auto start = *row.next_run_at;
  auto end = row.due_date.value_or(start + std::chrono::hours{1});
  auto title = row.title.value_or(row.skill_name);
  auto out = about(row, "calendar_event_created", "calendar", at);
  out.data = object([&](auto put) {
    put("event_id", std::to_string(row.id));
    put("start_time", start);
    put("title", title);
  });
  out.payload = object([&](auto put) {
    put("color", none);
    put("data", json_text{});
    put("end", end);
    put("id", std::to_string(row.id));
    put("resource", none);
    put("start", start);
    put("title", title);
  });
  return out;
}

} // namespace callboard
