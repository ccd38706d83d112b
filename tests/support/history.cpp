#include "tests/support/history.hpp"

#include "protocols/json.hpp"

#include <algorithm>

namespace callboard::test {

namespace {

/// What no field takes, or few do.
constexpr const char* hostile[] = {
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "2147483648",
    "9223372036854775808",
    "1.5",
    "[]",
    "{}",
    "[[]]",
    R"({"a":{"a":1}})",
    R"("")",
    R"(" ")",
    R"("\u0000")",
    R"("\ud800")",
    R"("%_'; DROP TABLE users; --")",
    R"("line\r\nSet-Cookie: a=b")",
    R"("99999-01-01T00:00:00Z")",
    R"("\u202e\ufeff\u00e9\ud83d\ude00")",
};

constexpr const char* hostile_queries[] = {
    "?limit=0",    "?limit=-1",    "?limit=x",          "?limit=99999999999",
    "?offset=-1",  "?offset=1e3",  "?status=%00",       "?status=DELETED",
    "?sort_by=id", "?cursor=AAAA", "?search=%25%5f%27", "?search=%ff",
    "?all=maybe",  "?user_id=1",   "?unknown=1",        "?from=yesterday",
};

} // namespace

const char* history::any(std::initializer_list<const char*> list) {
  return list.begin()[below(list.size())];
}

std::string history::some(const std::vector<row>& rows) {
  if (rows.empty() || one_in(20))
    return any({"2147483647", "0", "-7", "99999999999", "x", "1%2F2"});
  return '{' + rows[below(rows.size())].name + '}';
}

std::string history::text() {
  return json_quoted(any({"plan", "Plan B", "100% sure", "a_b",
                          "\xc3\x9c"
                          "ber",
                          "\xe6\x97\xa5\xe6\x9c\xac", "O'Neill \\ \"x\""})
                     + (one_in(30) ? std::string(2001, 'x') : ""));
}

std::string history::value_of(std::string_view field) {
  if (one_in(40))
    return hostile[below(std::size(hostile))];
  if (field == "skill_name" || field == "assignee")
    return json_quoted(any({"build", "deploy", "review_code", "test-1"}));
  if (field == "schedule_cron" || field == "schedule")
    return json_quoted(any({"0 9 * * *", "*/5 * * * *", "0 0 1 1 *",
                            "0 9 * * 1-5", "0 0 30 2 *", "60 0 * * *"}));
  if (field == "priority")
    return json_quoted(any({"low", "medium", "high", "critical", "urgent"}));
  if (field == "task_status")
    return json_quoted(
        any({"pending", "disabled", "completed", "failed", "running"}));
  if (field == "project_status")
    return json_quoted(any({"active", "archived", "on_hold", "planning"}));
  if (field == "agent_status")
    return json_quoted(any({"active", "idle", "busy", "offline", "error"}));
  if (field == "run_status")
    return json_quoted(
        any({"running", "success", "failed", "timeout", "cancelled"}));
  if (field == "type")
    return json_quoted(any({"coder", "tester", "custom", "pilot"}));
  if (field == "intent")
    return json_quoted(any({"implementation", "bugfix", "research", "fun"}));
  if (field == "project_id")
    return some(projects_);
  if (field == "task_id")
    return some(tasks_);
  if (field == "agent_id")
    return some(agents_);
  if (field == "projectId")
    return '"' + some(projects_) + '"';
  if (field == "task_ids")
    return '[' + some(tasks_) + ',' + some(tasks_) + ']';
  if (field == "taskIds")
    return "[\"" + some(tasks_) + "\"]";
  if (field == "params" || field == "metadata" || field == "result")
    return any({"{}", R"({"a":1,"b":[true,null]})", R"({"e":"\u00e9"})"});
  if (field == "capabilities")
    return any({"[]", R"(["x"])", R"(["x","y","x"])", R"(["x",""])"});
  if (field == "due_date")
    return json_quoted(any({"2027-01-01T00:00:00Z", "2027-01-01"}));
  if (field == "position" || field == "duration_ms" || field == "limit"
      || field == "order")
    return any({"1", "2", "30"});
  return text();
}

std::string history::body(std::initializer_list<const char*> required,
                          std::initializer_list<const char*> optional) {
  if (one_in(60))
    return any({"", "{", "[]", "null", "\"x\"", "{\"a\":1,\"a\":2}",
                "{\"x\":1}", "\xff"});
  std::string out;
  auto add = [&](std::string_view field) {
    auto name = field.ends_with("_status") ? "status" : std::string{field};
    out += (out.empty() ? "{\"" : ",\"") + name + "\":" + value_of(field);
  };
  for (auto field : required)
    if (!one_in(40))
      add(field);
  for (auto field : optional)
    if (one_in(3))
      add(field);
  return out.empty() ? "{}" : out + '}';
}

step history::task_step() {
  const std::string all = "/api/v1/tasks";
  auto one = all + '/' + some(tasks_);
  switch (below(12)) {
  case 0:
  case 1:
  case 2:
    return {0, "POST", all,
            body({"skill_name", "schedule_cron"},
                 {"title", "description", "priority", "project_id", "params",
                  "assignee", "due_date", "position"}),
            "t" + std::to_string(made_++)};
  case 3:
  case 4:
    return {0, any({"PUT", "PATCH"}), one,
            body({}, {"title", "description", "priority", "task_status",
                      "schedule_cron", "project_id", "params", "assignee"}),
            ""};
  case 5:
    return {0, "DELETE", one, "", ""};
  case 6:
    return {0, "POST", one + "/run", "", ""};
  case 7:
    return {0, "GET", one + "/history" + any({"", "?limit=2", "?limit=0"}), "",
            ""};
  case 8:
    return {0, "POST", all + "/status", body({"task_ids", "task_status"}, {}),
            ""};
  case 9:
    return {0, "GET",
            all
                + any({"", "?limit=5&offset=3", "?status=pending",
                       "?sort_order=asc", "?search=plan", "?search=%25",
                       "?search=a_b", "?skill_name=build", "?all=true",
                       "?status=deleted&limit=100"}),
            "", ""};
  case 10:
    return {0, "GET", all + hostile_queries[below(std::size(hostile_queries))],
            "", ""};
  default:
    return {0, "GET", one, "", ""};
  }
}

step history::project_step() {
  const std::string all = "/api/v1/projects";
  auto one = all + '/' + some(projects_);
  switch (below(9)) {
  case 0:
  case 1:
    return {0, "POST", all, body({"name"}, {"description", "metadata"}),
            "p" + std::to_string(made_++)};
  case 2:
    return {0, any({"PUT", "PATCH"}), one,
            body({}, {"name", "description", "project_status", "metadata"}),
            ""};
  case 3:
    return {0, "DELETE", one, "", ""};
  case 4:
    return {0, "GET",
            all
                + any({"", "?limit=3", "?search=plan", "?sort_by=name",
                       "?sort_by=-tasks_count&limit=50", "?status=active"}),
            "", ""};
  case 5:
    return {0, "GET", all + hostile_queries[below(std::size(hostile_queries))],
            "", ""};
  case 6:
    return {0, "GET", one + "/tasks", "", ""};
  case 7:
    return {0, "POST", one + "/tasks/reorder", body({"task_ids"}, {}), ""};
  default:
    return {0, "GET", one, "", ""};
  }
}

step history::agent_step() {
  const std::string all = "/api/v1/agents";
  auto one = all + '/' + some(agents_);
  switch (below(9)) {
  case 0: {
    auto name = "a" + std::to_string(made_++);
    auto given = body({"type"}, {"capabilities", "agent_status"});
    if (given.size() > 2 && given.front() == '{')
      given.insert(1,
                   "\"name\":" + json_quoted(one_in(20) ? "a1" : name) + ',');
    return {0, "POST", all, given, name};
  }
  case 1:
    return {0, any({"PUT", "PATCH"}), one,
            body({}, {"type", "capabilities", "agent_status"}), ""};
  case 2:
    return {0, "DELETE", one, "", ""};
  case 3:
    return {0, "PUT", one + "/status", body({"agent_status"}, {}), ""};
  case 4:
  case 5:
  case 6:
    return {0, "POST", all + "/activity",
            body({"agent_id", "task_id", "run_status"},
                 {"output", "error", "duration_ms", "result"}),
            ""};
  case 7:
    return {0, "GET",
            all + any({"?type=coder&limit=0", "?status=lazy", "?limit=1001"}),
            "", ""};
  default:
    return {0, "GET", one + any({"", "?history_limit=3", "?history_limit=0"}),
            "", ""};
  }
}

step history::memory_step() {
  const std::string all = "/api/v1/memory";
  switch (below(4)) {
  case 0:
    return {0, "POST", all + "/store",
            body({"content", "intent"}, {"additional_metadata"}), ""};
  case 1:
    return {0, "POST", all + "/search", body({"query"}, {"limit"}), ""};
  case 2:
    return {0, "GET", all + "/task/" + some(tasks_) + "?include_related=false",
            "", ""};
  default:
    return {0, "GET", all + "/projects/none/summary", "", ""};
  }
}

step history::overview_step() {
  return {0, any({"GET", "GET", "GET", "DELETE", "PUT", "HEAD"}),
          any({"/api/v1/summary", "/api/v1/summary?all=true",
               "/api/v1/audit?table_name=projects&limit=5", "/api/v1/auth/me",
               "/nowhere", "/api/v1/tasks/", "/api/v1/admin/users?limit=2",
               "/api/v1/auth/sessions/999999",
               "/api/v1/tasks/export?format=json&status=disabled"}),
          "", ""};
}

step history::dashboard_step() {
  const std::string tasks = "/api/tasks";
  auto one = tasks + '/' + some(tasks_);
  switch (below(7)) {
  case 0:
    return {0, "POST", tasks,
            body({"title"}, {"description", "schedule", "priority", "projectId",
                             "skill_name"}),
            "t" + std::to_string(made_++)};
  case 1:
    return {0, "PATCH", one,
            body({}, {"title", "task_status", "priority", "assignee"}), ""};
  case 2:
    return {0, "DELETE", one, "", ""};
  case 3:
    return {0, "GET", "/api/projects/" + some(projects_) + "/tasks", "", ""};
  case 4:
    return {0, "POST", "/api/projects/" + some(projects_) + "/tasks/reorder",
            body({"taskIds"}, {}), ""};
  case 5:
    return {0, "POST", "/api/projects", body({"name"}, {"description"}),
            "p" + std::to_string(made_++)};
  default:
    return {0, "GET", one, "", ""};
  }
}

step history::next() {
  auto kind = below(20);
  auto out = kind < 8    ? task_step()
             : kind < 11 ? project_step()
             : kind < 15 ? agent_step()
             : kind < 16 ? memory_step()
             : kind < 17 ? overview_step()
                         : dashboard_step();
  out.who = below(5) / 2; // the admin at most as often as each user
  return out;
}

void history::note(const step& x, const answer& got) {
  if (got.status != 201 || x.makes.empty())
    return;
  auto& rows = x.makes[0] == 't'   ? tasks_
               : x.makes[0] == 'p' ? projects_
                                   : agents_;
  rows.push_back({x.makes, x.who});
  if (rows.size() > 40) // the newest are in use
    rows.erase(rows.begin());
}

bool history::crosses_owners(const step& x) const {
  if (x.who == 0) // an admin may
    return false;
  auto names = [&](const row& r) {
    return r.owner != x.who
           && x.path.find('{' + r.name + '}') != std::string::npos;
  };
  return std::any_of(tasks_.begin(), tasks_.end(), names)
         || std::any_of(projects_.begin(), projects_.end(), names);
}

} // namespace callboard::test
