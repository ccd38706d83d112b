#include "net/compat.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace callboard::net {

namespace {

struct renamed {
  std::string_view theirs;
  std::string_view ours;
};

constexpr renamed task_names[] = {
    {"projectId", "project_id"},   {"skillName", "skill_name"},
    {"schedule", "schedule_cron"}, {"cronSchedule", "schedule_cron"},
    {"parameters", "params"},      {"dueDate", "due_date"},
    {"order", "position"},
};

constexpr std::string_view project_names[]
    = {"name", "description", "status", "metadata"};

std::string_view text_of(const json_value& x) {
  return {x.GetString(), x.GetStringLength()};
}

json_value* member(json_document& body, std::string_view name) {
  for (auto& x : body.GetObject())
    if (text_of(x.name) == name)
      return &x.value;
  return nullptr;
}

json_value constant(std::string_view text) {
  return json_value{rapidjson::StringRef(
      text.data(), static_cast<rapidjson::SizeType>(text.size()))};
}

/// Their name becomes ours, unless ours is there as well.
void rename(json_document& body, const renamed& x) {
  if (member(body, x.ours) != nullptr)
    return;
  for (auto& item : body.GetObject())
    if (text_of(item.name) == x.theirs) {
      item.name = constant(x.ours);
      return;
    }
}

/// `"12"` -> 12, `""` -> null; anything else stays what it is.
void id_from_text(json_value& x) {
  if (!x.IsString())
    return;
  auto text = text_of(x);
  int64_t id = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty())
    x.SetNull();
  else if (ec == std::errc{} && end == text.data() + text.size())
    x.SetInt64(id);
}

/// An object as a text becomes that object.
void object_from_text(json_value& x, json_document& body) {
  if (!x.IsString())
    return;
  auto parsed = parse_json(text_of(x));
  if (parsed && parsed->IsObject())
    x.CopyFrom(*parsed, body.GetAllocator());
}

} // namespace

/// Each member may be absent, or null; the names of `task_names` and ours.
std::string task_input_schema(schema_book&) {
  auto status = schema_maker<task_status>::make(nullptr).text();
  auto priority = schema_maker<task_priority>::make(nullptr).text();
  constexpr std::string_view object_or_text
      = R"({"type":["object","string","null"]})";
  constexpr std::string_view number
      = R"({"type":["integer","null"],"minimum":1})";
  return object_schema{}
      .maybe("title", a_text_or_null)
      .maybe("description", a_text_or_null)
      .maybe("projectId", a_text_or_null)
      .maybe("status", status)
      .maybe("priority", priority)
      .maybe("skill_name", a_text)
      .maybe("skillName", a_text)
      .maybe("schedule", a_text_or_null)
      .maybe("cronSchedule", a_text_or_null)
      .maybe("next_run_at", or_null(an_instant))
      .maybe("params", object_or_text)
      .maybe("parameters", object_or_text)
      .maybe("assignee", a_text_or_null)
      .maybe("dueDate", or_null(an_instant))
      .maybe("order", number)
      .maybe("enabled", a_boolean)
      .maybe("updatedAt", an_instant)
      .done();
}

std::string project_input_schema(schema_book&) {
  return object_schema{}
      .maybe("name", a_text)
      .maybe("description", a_text_or_null)
      .maybe("status", schema_maker<project_status>::make(nullptr).text())
      .maybe("metadata", an_object)
      .done();
}

std::string ordering_input_schema(schema_book&) {
  return object_schema{}.put("taskIds", array_of(a_text)).done();
}

void rewrite_task(json_document& body, bool creates) {
  for (auto& x : task_names)
    rename(body, x);
  if (auto* x = member(body, "project_id"))
    id_from_text(*x);
  if (auto* x = member(body, "params"))
    object_from_text(*x, body);
  if (auto* x = member(body, "enabled"); x != nullptr && x->IsBool()
                                         && !x->GetBool()
                                         && member(body, "status") == nullptr)
    body.AddMember(constant("status"), constant("disabled"),
                   body.GetAllocator());
  if (!creates)
    return;
  auto* skill = member(body, "skill_name");
  if (skill == nullptr)
    body.AddMember(constant("skill_name"), constant("unassigned"),
                   body.GetAllocator());
  else if (skill->IsString() && skill->GetStringLength() == 0)
    *skill = constant("unassigned");
}

void rewrite_project(json_document& body) {
  auto known = [](const json_value& name) {
    return std::find(std::begin(project_names), std::end(project_names),
                     text_of(name))
           != std::end(project_names);
  };
  for (auto i = body.MemberBegin(); i != body.MemberEnd();)
    i = known(i->name) ? i + 1 : body.EraseMember(i);
}

void rewrite_ordering(json_document& body) {
  rename(body, {"taskIds", "task_ids"});
  if (auto* ids = member(body, "task_ids"); ids != nullptr && ids->IsArray())
    for (auto& x : ids->GetArray())
      id_from_text(x);
}

std::optional<timestamp> updated_at_of(const json_document& body) {
  auto found = body.FindMember("updatedAt");
  if (found == body.MemberEnd() || !found->value.IsString())
    return std::nullopt;
  return parse_timestamp(text_of(found->value));
}

} // namespace callboard::net
