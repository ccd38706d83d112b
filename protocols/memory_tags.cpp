#include "protocols/memory_tags.hpp"

#include "protocols/json.hpp"

namespace callboard {

namespace {

/// By intent, in the order of the enum.
constexpr std::string_view descriptions[] = {
    "New feature work",
    "Fixing defects",
    "Improving code quality or performance",
    "Writing or running tests",
    "Documentation",
    "Analysis of code, performance or behaviour",
    "Planning",
    "Researching options",
};
static_assert(std::size(descriptions) == enum_names<memory_intent>.size());

constexpr std::string_view capabilities[] = {
    "REST API development",
    "C++ actor systems",
    "PostgreSQL",
    "SQLite",
    "Circuit breaker patterns",
    "Memory MCP integration",
};

void put(json_writer& out, std::string_view key, std::string_view value) {
  out.Key(key);
  out.String(value);
}

/// `2026-11-24T09:00:00.000Z` -> `2026-11-24 09:00:00 UTC`
std::string readable(const std::string& iso) {
  return iso.substr(0, 10) + ' ' + iso.substr(11, 8) + " UTC";
}

void put_who(json_writer& out, const memory_source& from) {
  out.Key("who");
  out.StartObject();
  put(out, "agent_id", from.agent_id);
  put(out, "agent_category", from.agent_category);
  out.Key("capabilities");
  out.StartArray();
  for (auto x : capabilities)
    out.String(x);
  out.EndArray();
  put(out, "user_id", from.user_id);
  out.EndObject();
}

void put_when(json_writer& out, timestamp now) {
  auto iso = to_string(now);
  out.Key("when");
  out.StartObject();
  put(out, "iso_timestamp", iso);
  out.Key("unix_timestamp");
  out.Int64(now.ms / 1000);
  put(out, "readable", readable(iso));
  out.EndObject();
}

void put_project(json_writer& out, const memory_source& from) {
  out.Key("project");
  out.StartObject();
  put(out, "project_id", memory_project);
  put(out, "project_name", "RUV SPARC UI Dashboard");
  put(out, "task_id", from.task_id);
  out.EndObject();
}

void put_why(json_writer& out, memory_intent intent) {
  out.Key("why");
  out.StartObject();
  put(out, "intent", name_of(intent));
  put(out, "description", descriptions[static_cast<size_t>(intent)]);
  out.EndObject();
}

} // namespace

memory_entry remember(const memory_source& from, memory_intent intent,
                      std::string content, timestamp now) {
  memory_entry out;
  out.task_id = from.task_id;
  out.content = std::move(content);
  out.intent = intent;
  out.project_id = memory_project;
  out.agent_id = from.agent_id;
  out.user_id = from.user_id;
  out.created_at = now;
  std::string tags;
  json_writer writer{tags};
  writer.StartObject();
  put_who(writer, from);
  put_when(writer, now);
  put_project(writer, from);
  put_why(writer, intent);
  if (!from.additional.empty()) {
    writer.Key("additional");
    writer.raw(from.additional);
  }
  writer.EndObject();
  out.metadata = json_text{std::move(tags)};
  return out;
}

} // namespace callboard
