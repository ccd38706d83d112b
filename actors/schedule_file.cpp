#include "actors/schedule_file.hpp"

#include "actors/yaml.hpp"
#include "protocols/cron.hpp"
#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"
#include "protocols/unicode.hpp"

#include <set>

namespace callboard::actors {

namespace {

constexpr std::chrono::minutes tolerated_skew{5};
constexpr size_t max_user_id = 255; // [code points]

/// Where in the file an entry's field is.
struct place {
  std::string path; ///< `tasks[2]`
  int line = 1;

  caf::error refuse(std::string_view key, std::string_view text) const {
    auto dot = key.empty() ? "" : ".";
    return refuse_line(line, path + dot + std::string{key} + ": "
                                 + std::string{text});
  }
};

std::string plain_text(const violation& x) {
  constexpr std::string_view prefix = "Value error, ";
  return x.msg.starts_with(prefix) ? x.msg.substr(prefix.size()) : x.msg;
}

/// The value as JSON; parameters may be JSON in a text, and an owner's id a
/// number.
std::string field_json(std::string_view key, const yaml_node& value) {
  auto scalar = value.what == yaml_node::kind::plain
                || value.what == yaml_node::kind::quoted;
  if (key == "params_json" && value.what == yaml_node::kind::quoted)
    return value.text;
  auto out = json_of(value);
  if (key == "params_json" && out == "null")
    return "{}";
  if (key == "user_id" && scalar && out != "null")
    return json_quoted(value.text);
  return out;
}

caf::error read_field(const place& at, std::string_view key,
                      const yaml_node& value, schedule_entry& out) {
  place here{at.path, value.line};
  json_document json;
  json_problem why;
  if (!parse_json(field_json(key, value), json, why))
    return here.refuse(key, why.text);
  violations problems;
  read_entry_field(key, json, out, problems);
  if (!problems.empty())
    return here.refuse(key, plain_text(problems.front()));
  return caf::none;
}

/// What no rule of a single field says.
caf::error check_entry(const place& at, const schedule_entry& x,
                       timestamp now) {
  auto& row = x.values;
  if (!x.has(&task::id))
    return at.refuse("id", "is missing");
  if (row.id < 1 || row.id > max_schedule_id)
    return at.refuse("id",
                     "must be from 1 to " + std::to_string(max_schedule_id));
  if (!x.has(&task::skill_name))
    return at.refuse("skill_name", "is missing");
  if (!x.has(&task::schedule_cron) && !x.has(&task::next_run_at))
    return at.refuse("schedule_cron", "is missing, and next_run_at too");
  if (row.schedule_cron && !cron::parse(*row.schedule_cron)->next(now))
    return at.refuse("schedule_cron",
                     "'" + *row.schedule_cron + "' never matches");
  if (row.user_id
      && (row.user_id->empty() || code_points(*row.user_id) > max_user_id))
    return at.refuse("user_id", "must have 1 to 255 characters");
  if (row.updated_at > now + tolerated_skew)
    return at.refuse("updated_at", "is in the future");
  return caf::none;
}

caf::expected<schedule_entry> read_entry(const place& at, const yaml_node& node,
                                         timestamp modified, timestamp now) {
  if (node.what != yaml_node::kind::map)
    return at.refuse("", "must be a map");
  schedule_entry out;
  for (size_t i = 0; i < node.items.size(); ++i)
    if (auto err = read_field(at, node.keys[i], node.items[i], out))
      return err;
  if (!out.has(&task::updated_at))
    out.give(&task::updated_at, std::min(modified, now));
  if (auto err = check_entry(at, out, now))
    return err;
  return out;
}

bool is_null(const yaml_node& x) {
  return x.what == yaml_node::kind::plain && json_of(x) == "null";
}

caf::error check_metadata(const yaml_node& node) {
  if (is_null(node))
    return caf::none;
  if (node.what != yaml_node::kind::map)
    return refuse_line(node.line, "metadata: must be a map");
  for (size_t i = 0; i < node.items.size(); ++i) {
    auto& key = node.keys[i];
    place at{"metadata", node.items[i].line};
    if (key != "last_sync" && key != "sync_source" && key != "version")
      return at.refuse(key, "there is no such key");
    if (!node.items[i].items.empty())
      return at.refuse(key, "must be a single value");
  }
  return caf::none;
}

/// The list of tasks, if all around it is as it should be.
caf::expected<const yaml_node*> find_tasks(const yaml_node& root) {
  if (root.what != yaml_node::kind::map)
    return refuse_line(root.line, "expected a map with tasks");
  for (size_t i = 0; i < root.items.size(); ++i) {
    if (root.keys[i] == "metadata") {
      if (auto err = check_metadata(root.items[i]))
        return err;
    } else if (root.keys[i] != "tasks") {
      return refuse_line(root.items[i].line,
                         root.keys[i] + ": there is no such key");
    }
  }
  auto* tasks = root.find("tasks");
  if (tasks == nullptr)
    return refuse_line(root.line, "tasks: is missing");
  if (tasks->what != yaml_node::kind::list && !is_null(*tasks))
    return refuse_line(tasks->line, "tasks: must be a list");
  if (tasks->items.size() > schedule_import::max_tasks)
    return refuse_line(tasks->line,
                       "tasks: more than "
                           + std::to_string(schedule_import::max_tasks));
  return tasks;
}

/// `'it''s'`: a text without line breaks, as YAML quotes it without escapes.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text)
    out += c == '\'' ? std::string{"''"} : std::string{c};
  return out + '\'';
}

/// JSON's quotes and escapes mean the same in YAML.
template <class T>
std::string yaml_of(const T& value) {
  std::string out;
  json_writer writer{out};
  write_json(writer, value);
  return out;
}

std::string yaml_of(const json_text& value) {
  return single_quoted(value.text);
}

void render_entry(const schedule_entry& x, std::string& out) {
  auto lead = "  - ";
  for_each_field<task>([&](auto& field, size_t i) {
    if (i >= schedule_fields || (x.set >> i & 1) == 0)
      return;
    out += lead + std::string{field.column()} + ": "
           + yaml_of(x.values.*field.member) + '\n';
    lead = "    ";
  });
}

} // namespace

caf::expected<std::vector<schedule_entry>>
parse_schedule(std::string_view bytes, timestamp modified, timestamp now) {
  if (bytes.size() > max_schedule_bytes)
    return caf::make_error(errc::bad_request,
                           "larger than " + std::to_string(max_schedule_bytes)
                               + " bytes");
  auto root = read_yaml(bytes);
  if (!root)
    return root.error();
  auto tasks = find_tasks(*root);
  if (!tasks)
    return tasks.error();
  std::vector<schedule_entry> out;
  std::set<int64_t> ids;
  for (auto& node : (*tasks)->items) {
    place at{"tasks[" + std::to_string(out.size()) + ']', node.line};
    auto entry = read_entry(at, node, modified, now);
    if (!entry)
      return entry.error();
    if (!ids.insert(entry->values.id).second)
      return at.refuse("id", std::to_string(entry->values.id) + " comes twice");
    out.push_back(std::move(*entry));
  }
  return out;
}

std::string render_schedule(const std::vector<schedule_entry>& entries,
                            const schedule_metadata& about) {
  std::string out = "# Callboard's tasks. Who edits one sets its updated_at as "
                    "well, or deletes that\n# line: what is older than the "
                    "database is a conflict.\nmetadata:\n  last_sync: "
                    + yaml_of(about.last_sync)
                    + "\n  sync_source: " + yaml_of(about.source)
                    + "\n  version: " + std::to_string(about.version) + '\n';
  out += entries.empty() ? "tasks: []\n" : "tasks:\n";
  for (auto& x : entries)
    render_entry(x, out);
  return out;
}

} // namespace callboard::actors
