#define CAF_SUITE overview
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

int64_t add_task(served& x, const std::string& skill,
                 const std::string& more = "") {
  auto made = x.client.post(
      "/api/v1/tasks", "{\"skill_name\":\"" + skill
                           + R"(","schedule_cron":"0 9 * * *")" + more + '}');
  CAF_REQUIRE_EQUAL(made.status, 201);
  return made.number("id");
}

std::string titles(const answer& x) {
  auto json = x.json();
  if (!json.IsObject() || !json.HasMember("tasks"))
    return "no list: " + x.body;
  std::string out;
  for (auto& row : json["tasks"].GetArray())
    out += std::string{row["title"].GetString()} + ' ';
  return out;
}

answer set_status(served& x, const std::string& ids,
                  const std::string& status) {
  return x.client.post("/api/v1/tasks/status", "{\"task_ids\":[" + ids
                                                   + "],\"status\":\"" + status
                                                   + "\"}");
}

std::string status_of(served& x, int64_t id) {
  return x.client.get("/api/v1/tasks/" + std::to_string(id)).text("status");
}

std::string utf8_lines(const std::string& text, size_t n) {
  size_t at = 0;
  for (size_t i = 0; i < n && at != std::string::npos; ++i)
    at = text.find("\r\n", at == 0 ? 0 : at + 2);
  return text.substr(0, at);
}

} // namespace

CAF_TEST(the summary counts what the caller has) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    add_task(x, "mine");
    x.client.sign_up("bob");
    auto none = x.client.get("/api/v1/summary");
    CAF_REQUIRE_EQUAL(none.status, 200);
    CAF_CHECK_EQUAL(none.text("next_runs"), "[]");
    auto id = add_task(x, "a");
    add_task(x, "b", R"(,"status":"disabled")");
    x.client.del("/api/v1/tasks/" + std::to_string(add_task(x, "gone")));
    x.client.post("/api/v1/projects", R"({"name":"p"})");
    auto agent
        = x.client.post("/api/v1/agents", R"({"name":"n","type":"coder"})")
              .number("id");
    for (auto status : {"success", "success", "failed", "running"})
      x.client.post("/api/v1/agents/activity",
                    "{\"agent_id\":" + std::to_string(agent)
                        + ",\"task_id\":" + std::to_string(id)
                        + ",\"status\":\"" + status + "\"}");
    auto got = x.client.get("/api/v1/summary");
    auto json = got.json();
    CAF_CHECK_EQUAL(json["tasks"]["total"].GetInt64(), 2);
    CAF_CHECK_EQUAL(json["tasks"]["by_status"]["pending"].GetInt64(), 1);
    CAF_CHECK_EQUAL(json["tasks"]["by_status"]["disabled"].GetInt64(), 1);
    CAF_CHECK_EQUAL(json["tasks"]["by_status"]["deleted"].GetInt64(), 0);
    CAF_CHECK_EQUAL(json["projects"]["total"].GetInt64(), 1);
    CAF_CHECK_EQUAL(json["agents"]["by_status"]["busy"].GetInt64(), 1);
    CAF_CHECK_EQUAL(json["executions"]["total"].GetInt64(), 4);
    CAF_CHECK_EQUAL(json["executions"]["success_rate"].GetDouble(), 0.6667);
    CAF_CHECK_EQUAL(json["next_runs"].Size(), 1u);
    CAF_CHECK_EQUAL(json["next_runs"][0]["task_id"].GetInt64(), id);
    CAF_CHECK_EQUAL(x.client.get("/api/v1/summary?user_id=2").status, 403);
    x.log_in_admin();
    auto all = x.client.get("/api/v1/summary?all=true").json();
    CAF_CHECK_EQUAL(all["tasks"]["total"].GetInt64(), 3);
    auto anns = x.client.get("/api/v1/summary?user_id=2").json();
    CAF_CHECK_EQUAL(anns["tasks"]["total"].GetInt64(), 1);
    x.client.token.clear();
    CAF_CHECK_EQUAL(x.client.get("/api/v1/summary").status, 401);
  });
}

CAF_TEST(many tasks get a status at once or none does) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto a = add_task(x, "a");
    auto b = add_task(x, "b");
    auto both = std::to_string(b) + ',' + std::to_string(a);
    auto events = x.count("SELECT count(*) FROM events");
    auto done = set_status(x, both, "disabled");
    CAF_REQUIRE_EQUAL(done.status, 200);
    CAF_CHECK_EQUAL(titles(done), "b a ");
    CAF_CHECK_EQUAL(done.number("total"), 2);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events") - events, 2);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM audit_logs WHERE operation = "
                            "'UPDATE' AND table_name = 'scheduled_tasks'"),
                    2);
    CAF_CHECK_EQUAL(set_status(x, both, "disabled").status, 200); // as it is
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events") - events, 2);
    auto absent = set_status(x, both + ",99999", "pending");
    CAF_CHECK_EQUAL(absent.status, 404);
    CAF_CHECK_EQUAL(absent.detail(), "Task 99999 not found");
    CAF_CHECK_EQUAL(status_of(x, a), "disabled");
    auto twice = set_status(x, both + ',' + std::to_string(a), "pending");
    CAF_CHECK_EQUAL(twice.status, 422);
    x.client.sign_up("bob");
    auto c = add_task(x, "c");
    CAF_CHECK_EQUAL(
        set_status(x, std::to_string(c) + ',' + both, "disabled").status, 403);
    CAF_CHECK_EQUAL(status_of(x, c), "pending");
    for (auto bad : {R"({})", R"({"task_ids":[],"status":"pending"})",
                     R"({"task_ids":[1]})", R"({"task_ids":1,"status":"x"})",
                     R"({"task_ids":[0],"status":"pending"})",
                     R"({"task_ids":["1"],"status":"pending"})",
                     R"({"task_ids":[1],"status":"deleted"})"})
      CAF_CHECK_EQUAL(x.client.post("/api/v1/tasks/status", bad).status, 422);
    x.log_in_admin();
    CAF_CHECK_EQUAL(set_status(x, both, "pending").status, 200);
    CAF_CHECK_EQUAL(status_of(x, a), "pending");
  });
}

CAF_TEST(tasks are found by a part of their texts) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    add_task(x, "deploy", R"(,"title":"100%_done")");
    add_task(x, "build",
             R"(,"title":"Zz","description":"h\u00c9llo w\u00f6rld")");
    auto ask = [&](const std::string& part) {
      return titles(x.client.get("/api/v1/tasks?search=" + part));
    };
    CAF_CHECK_EQUAL(ask("%25_"), "100%_done ");
    CAF_CHECK_EQUAL(ask("DEPL"), "100%_done ");
    CAF_CHECK_EQUAL(ask("H%C3%A9LLO"), "Zz ");
    CAF_CHECK_EQUAL(ask("%25%25"), "");
    CAF_CHECK_EQUAL(ask("'"), "");
    CAF_CHECK_EQUAL(
        x.client.get("/api/v1/tasks?search=" + std::string(256, 'x')).status,
        422);
  });
}

CAF_TEST(an admin finds a part among the texts that tasks have now) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = add_task(x, "deploy", R"(,"title":"first")");
    auto path = "/api/v1/tasks/" + std::to_string(id);
    auto ann = x.client.token;
    x.log_in_admin();
    add_task(x, "deploy", R"(,"title":"mine")");
    auto ask = [&](const std::string& part) {
      return titles(
          x.client.get("/api/v1/tasks?all=true&sort_order=asc&search=" + part));
    };
    CAF_CHECK_EQUAL(ask("deploy"), "first mine ");
    CAF_CHECK_EQUAL(ask("irs"), "first ");
    std::swap(ann, x.client.token);
    x.client.put(path, R"({"title":"second"})");
    x.client.put(path, R"({"status":"disabled"})");
    std::swap(ann, x.client.token);
    CAF_CHECK_EQUAL(ask("irs"), "");
    CAF_CHECK_EQUAL(ask("SECO"), "second ");
    CAF_CHECK_EQUAL(ask("deploy"), "second mine ");
    x.client.del(path);
    CAF_CHECK_EQUAL(ask("second"), "");
  });
}

CAF_TEST(histories and the audit log have ranges of time) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = add_task(x, "s");
    auto agent
        = x.client.post("/api/v1/agents", R"({"name":"n","type":"coder"})")
              .number("id");
    x.client.post("/api/v1/agents/activity",
                  "{\"agent_id\":" + std::to_string(agent) + ",\"task_id\":"
                      + std::to_string(id) + R"(,"status":"success"})");
    auto history = "/api/v1/tasks/" + std::to_string(id) + "/history";
    auto at = [&](const std::string& path, const std::string& range) {
      return x.client.get(path + '?' + range).number("total");
    };
    CAF_CHECK_EQUAL(at(history, "from=2020-01-01"), 1);
    CAF_CHECK_EQUAL(at(history, "until=2020-01-01"), 0);
    CAF_CHECK_EQUAL(at(history, "from=2999-01-01T00:00:00Z"), 0);
    CAF_CHECK_EQUAL(
        at(history, "from=2020-01-01&until=2999-01-01T00:00:00%2B02:00"), 1);
    for (auto bad : {"from=x", "until=", "from=2020-13-01", "until=1"})
      CAF_CHECK_EQUAL(x.client.get(history + '?' + bad).status, 422);
    x.log_in_admin();
    auto all = at("/api/v1/audit", "");
    CAF_CHECK(all > 2);
    CAF_CHECK_EQUAL(at("/api/v1/audit", "from=2020-01-01"), all);
    CAF_CHECK_EQUAL(at("/api/v1/audit", "until=2020-01-01"), 0);
  });
}

CAF_TEST(tasks executions and the audit log are exported) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto first = add_task(x, "a", R"(,"title":"=1+1, \"x\"")");
    add_task(x, "b");
    auto csv = x.client.get("/api/v1/tasks/export?sort_order=asc");
    CAF_REQUIRE_EQUAL(csv.status, 200);
    CAF_CHECK_EQUAL(csv.fields["content-type"], "text/csv; charset=utf-8");
    CAF_CHECK_EQUAL(csv.fields["content-disposition"],
                    "attachment; filename=\"tasks.csv\"");
    CAF_CHECK(csv.body.starts_with("id,skill_name,schedule_cron"));
    CAF_CHECK(csv.body.find("\"'=1+1, \"\"x\"\"\"") != std::string::npos);
    CAF_CHECK_EQUAL(std::count(csv.body.begin(), csv.body.end(), '\n'), 3);
    CAF_CHECK(csv.body.find(",b,,medium") != std::string::npos);
    auto json = x.client.get("/api/v1/tasks/export?format=json&skill_name=a");
    CAF_CHECK_EQUAL(json.fields["content-type"], "application/json");
    auto rows = json.json();
    CAF_REQUIRE(rows.IsArray());
    CAF_CHECK_EQUAL(rows.Size(), 1u);
    CAF_CHECK_EQUAL(
        canonical(rows[0]),
        canonical(
            x.client.get("/api/v1/tasks?skill_name=a").json()["tasks"][0]));
    CAF_CHECK_EQUAL(
        x.client.get("/api/v1/tasks/export?format=json&skill_name=z").body,
        "[]");
    auto item = "/api/v1/tasks/" + std::to_string(first) + "/history/export";
    auto runs = x.client.get(item);
    CAF_CHECK_EQUAL(utf8_lines(runs.body, 1).substr(0, 11), "id,task_id,");
    for (auto bad : {"?format=xml", "?sort_by=x", "?cursor=x"})
      CAF_CHECK_EQUAL(
          x.client.get(std::string{"/api/v1/tasks/export"} + bad).status, 422);
    CAF_CHECK_EQUAL(x.client.get("/api/v1/audit/export").status, 403);
    x.client.sign_up("bob");
    CAF_CHECK_EQUAL(x.client.get(item).status, 403);
    CAF_CHECK_EQUAL(x.client.get("/api/v1/tasks/export?format=json").body,
                    "[]");
    x.log_in_admin();
    auto audit
        = x.client.get("/api/v1/audit/export?table_name=scheduled_tasks");
    CAF_CHECK_EQUAL(std::count(audit.body.begin(), audit.body.end(), '\n'), 3);
  });
}

CAF_TEST(a long list is exported in parts) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    add_task(x, "s");
    auto copy = std::string{"INSERT INTO scheduled_tasks (skill_name, "
                            "schedule_cron, user_id, title) SELECT skill_name, "
                            "schedule_cron, user_id, 't' FROM scheduled_tasks"};
    for (int i = 0; i < 14; ++i) // 16,384
      x.count(copy + (i == 13 ? " LIMIT 3808 RETURNING 1" : " RETURNING 1"));
    auto path = std::string{"/api/v1/tasks/export?format=json"};
    auto first = x.client.get(path);
    CAF_REQUIRE_EQUAL(first.status, 200);
    CAF_CHECK_EQUAL(first.json().Size(), 10'000u);
    auto cursor = first.fields["x-next-cursor"];
    CAF_REQUIRE(!cursor.empty());
    auto rest = x.client.get(path + "&cursor=" + cursor);
    CAF_CHECK_EQUAL(rest.json().Size(), 2000u);
    CAF_CHECK(rest.fields["x-next-cursor"].empty());
    CAF_CHECK(first.json()[9999]["id"].GetInt64()
              > rest.json()[0]["id"].GetInt64());
  });
}
