#include "protocols/event.hpp"

#include "protocols/entity_json.hpp"
#include "protocols/unicode.hpp"

namespace callboard {

namespace {

/// Who hears of a task: its owner, or admins alone when it has none.
std::string audience_of(const task& row) {
  auto numeric
      = row.user_id && !row.user_id->empty()
        && row.user_id->find_first_not_of("0123456789") == std::string::npos;
  return numeric ? *row.user_id : "admins";
}

constexpr size_t shown_output = 1000; ///< [code points]
constexpr size_t shown_error = 500;

/// At most `max` code points; the cut text ends in `...`. Empty is none.
std::optional<std::string> excerpt(const std::optional<std::string>& text,
                                   size_t max) {
  if (!text || text->empty())
    return std::nullopt;
  if (code_points(*text) <= max)
    return text;
  return std::string{first_code_points(*text, max - 3)} + "...";
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

event presence_of(std::string type, int64_t user_id,
                  const std::string& username, timestamp at) {
  event out;
  out.type = std::move(type);
  out.audience = "admins";
  out.channel = "presence";
  out.created_at = at;
  out.data = object([&](auto put) {
    put("timestamp", at);
    put("user_id", user_id);
    put("username", username);
  });
  out.payload = object([&](auto put) {
    put("timestamp", at);
    put("userId", std::to_string(user_id));
    put("username", username);
  });
  return out;
}

std::optional<std::string> as_text(const std::optional<int64_t>& x) {
  return x ? std::optional{std::to_string(*x)} : std::nullopt;
}

constexpr std::optional<std::string> none;

/// What everyone hears of an agent.
event about(const agent& row, std::string type, timestamp at) {
  event out;
  out.type = std::move(type);
  out.audience = "everyone";
  out.channel = "agents";
  out.status = std::string{name_of(row.status)};
  out.created_at = at;
  return out;
}

} // namespace

event task_status_update(const task& row, timestamp at, const execution* run) {
  auto out = about(row, "task_status_update", "tasks", at);
  auto output = run ? excerpt(run->output_text, shown_output) : none;
  auto error = run ? excerpt(run->error_text, shown_error) : none;
  out.data = object([&](auto put) {
    put("assignee", row.assignee);
    put("error", error);
    put("output", output);
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
    put("error", error);
    put("output", output);
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

event agent_spawned(const agent& row, timestamp at) {
  auto out = about(row, "agent_spawned", at);
  out.data = object([&](auto put) {
    put("agent_id", row.id);
    put("name", row.name);
    put("type", row.type);
  });
  out.payload = object([&](auto put) {
    put("agentId", std::to_string(row.id));
    put("name", row.name);
    put("type", row.type);
  });
  return out;
}

event agent_status_update(const agent& row, timestamp at) {
  auto out = about(row, "agent_status_update", at);
  out.data = object([&](auto put) {
    put("agent_id", row.id);
    put("status", row.status);
  });
  out.payload = object([&](auto put) {
    put("agentId", std::to_string(row.id));
    put("status", std::string{dashboard_status(row.status)});
  });
  return out;
}

event agent_error(const agent& row, timestamp at, const execution* run,
                  const task* what) {
  auto out = about(row, "agent_error", at);
  auto error = run ? excerpt(run->error_text, shown_error) : none;
  if (what != nullptr) {
    out.task_id = what->id;
    out.project_id = what->project_id;
    out.owner_id = what->user_id;
    out.redacted = true;
  }
  out.data = object([&](auto put) {
    put("agent_id", row.id);
    put("error", error);
    put("name", row.name);
  });
  out.payload = object([&](auto put) {
    put("agentId", std::to_string(row.id));
    put("error", error);
    put("name", row.name);
  });
  return out;
}

event account_erased(int64_t user_id, timestamp at) {
  event out;
  out.type = "account_erased";
  out.audience = std::to_string(user_id);
  out.channel = control_channel;
  out.created_at = at;
  return out;
}

events agent_activity(const agent& who, const execution& run, const task& what,
                      timestamp at) {
  auto out = about(who, "agent_activity_update", at);
  out.task_id = what.id;
  out.project_id = what.project_id;
  out.status = std::string{name_of(run.status)};
  out.redacted = true;
  out.owner_id = what.user_id;
  out.data = object([&](auto put) {
    put("agent_id", who.id);
    put("duration_ms", run.duration_ms);
    put("error", excerpt(run.error_text, shown_error));
    put("output", excerpt(run.output_text, shown_output));
    put("status", run.status);
    put("task_id", what.id);
    put("timestamp", at);
  });
  out.payload = object([&](auto put) {
    put("agentId", std::to_string(who.id));
    put("currentTask",
        run.open() ? std::optional{std::to_string(what.id)} : none);
    put("status", std::string{dashboard_status(who.status)});
    put("timestamp", at);
  });
  auto twin = out;
  twin.type = "agent_activity";
  return {std::move(out), std::move(twin)};
}

std::string_view dashboard_status(agent_status x) {
  switch (x) {
  case agent_status::active:
  case agent_status::busy:
    return "busy";
  case agent_status::error:
    return "error";
  default:
    return "idle";
  }
}

event presence_joined(int64_t user_id, const std::string& username,
                      timestamp at) {
  return presence_of("presence_joined", user_id, username, at);
}

event presence_left(int64_t user_id, const std::string& username,
                    timestamp at) {
  return presence_of("presence_left", user_id, username, at);
}

} // namespace callboard
