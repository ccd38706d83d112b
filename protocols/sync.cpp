#include "protocols/sync.hpp"

#include "protocols/entity_json.hpp"

#include <algorithm>

namespace callboard {

namespace {

/// Calls `f(field, index)` for each field of an entry.
template <class F>
void for_each_entry_field(F&& f) {
  for_each_field<task>([&](auto& x, size_t i) {
    if (i < schedule_fields)
      f(x, i);
  });
}

/// What admins hear of the file.
event about_sync(std::string type, timestamp at) {
  event out;
  out.type = std::move(type);
  out.audience = "admins";
  out.channel = "sync";
  out.data = out.payload = json_text{""};
  out.created_at = at;
  return out;
}

template <class F>
std::string object(F&& members) {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  members([&](std::string_view key, const auto& value) {
    writer.Key(key);
    write_json(writer, value);
  });
  writer.EndObject();
  return out;
}

} // namespace

schedule_entry entry_of(const task& row) {
  return {row, (uint64_t{1} << schedule_fields) - 1};
}

json_text schedule_json(const schedule_entry& x) {
  std::vector<std::pair<std::string_view, std::string>> members;
  for_each_entry_field([&](auto& field, size_t i) {
    if ((x.set >> i & 1) == 0)
      return;
    json_writer value{members.emplace_back(field.column(), "").second};
    write_json(value, x.values.*field.member);
  });
  std::sort(members.begin(), members.end());
  json_text out{""};
  json_writer writer{out.text};
  writer.StartObject();
  for (auto& [name, value] : members) {
    writer.Key(name);
    writer.raw(value);
  }
  writer.EndObject();
  return out;
}

void read_entry_field(std::string_view name, const json_value& in,
                      schedule_entry& out, violations& problems) {
  bool known = false;
  for_each_entry_field([&](auto& field, size_t i) {
    if (field.column() != name)
      return;
    known = true;
    read_json(member_input{in, name, field.rule, problems},
              out.values.*field.member);
    out.set |= uint64_t{1} << i;
  });
  if (!known)
    problems.push_back({"extra_forbidden", location("body", name),
                        "there is no such key", "null"});
}

event sync_conflict_detected(const sync_conflict& x, timestamp at) {
  auto out = about_sync("sync_conflict_detected", at);
  out.task_id = x.id;
  out.data.text = object([&](auto put) {
    put("action_required", true);
    put("conflict_id", x.conflict_id);
    put("reason", x.conflict_reason);
    put("task_id", x.id);
    put("timestamp", at);
  });
  out.payload.text = object([&](auto put) {
    put("actionRequired", true);
    put("conflictId", x.conflict_id);
    put("reason", x.conflict_reason);
    put("taskId", std::to_string(x.id));
    put("timestamp", at);
  });
  return out;
}

event sync_conflict_resolved(const sync_conflict& x, timestamp at) {
  auto out = about_sync("sync_conflict_resolved", at);
  out.task_id = x.id;
  out.data.text = object([&](auto put) {
    put("conflict_id", x.conflict_id);
    put("resolution", x.ended_by);
    put("timestamp", at);
  });
  out.payload.text = object([&](auto put) {
    put("conflictId", x.conflict_id);
    put("resolution", x.ended_by);
    put("timestamp", at);
  });
  return out;
}

event schedule_config_updated(size_t tasks, timestamp at) {
  auto out = about_sync("schedule_config_updated", at);
  out.data.text = object([&](auto put) {
    put("message", "tasks taken from the file: " + std::to_string(tasks));
    put("timestamp", at);
  });
  out.payload = out.data;
  return out;
}

event sync_status_changed(std::string_view status, timestamp at) {
  auto out = about_sync("sync_status_changed", at);
  out.status = std::string{status};
  out.data.text = object([&](auto put) {
    put("status", std::string{status});
    put("timestamp", at);
  });
  out.payload = out.data;
  return out;
}

} // namespace callboard
