// The decisions of the contract's log, each in its shortest form that could be
// false. Longer scenes are in the suites of their resources; D21 to D25 stand
// in those of WebSockets, D26 and D27 are not built yet.
#define CAF_SUITE decisions
#include "protocols/digest.hpp"
#include "tests/support/served.hpp"
#include "tests/support/temporary_postgres.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <regex>

using namespace callboard;
using namespace callboard::test;

namespace {

const std::string v1 = "/api/v1";

/// A client of a server of its own on SQLite, signed up.
std::unique_ptr<served> scene(settings_map env = {}) {
  auto out = serve_sqlite(std::move(env));
  out->client.sign_up("ann");
  return out;
}

answer create_task(served& x, const std::string& more = "") {
  auto out = x.client.post(v1 + "/tasks",
                           R"({"skill_name":"s","schedule_cron":"0 9 * * *")"
                               + more + '}');
  CAF_REQUIRE_EQUAL(out.status, 201);
  return out;
}

std::string item(const std::string& list, const answer& made) {
  return v1 + list + '/' + std::to_string(made.number("id"));
}

answer create_project(served& x) {
  auto out = x.client.post(v1 + "/projects", R"({"name":"p"})");
  CAF_REQUIRE_EQUAL(out.status, 201);
  return out;
}

answer create_agent(served& x, const std::string& name,
                    const std::string& more = "") {
  return x.client.post(v1 + "/agents", "{\"name\":\"" + name
                                           + R"(","type":"coder")" + more
                                           + '}');
}

json_document claims(const std::string& token) {
  auto from = token.find('.') + 1;
  auto text = base64url_decoded(token.substr(from, token.rfind('.') - from));
  CAF_REQUIRE(text);
  auto out = parse_json(*text);
  CAF_REQUIRE(out);
  return std::move(*out);
}

} // namespace

CAF_TEST(D1 a task has a canonical form and one for the dashboard) {
  auto x = scene();
  auto id = std::to_string(create_task(*x).number("id"));
  auto canonical_form = x->client.get(v1 + "/tasks/" + id);
  CAF_CHECK_EQUAL(canonical_form.text("id"), id);
  CAF_CHECK_EQUAL(canonical_form.text("schedule_cron"), "0 9 * * *");
  CAF_CHECK(!canonical_form.json().HasMember("success"));
  auto theirs = x->client.get("/api/tasks/" + id).json();
  CAF_CHECK(theirs["success"].GetBool());
  CAF_CHECK_EQUAL(std::string{theirs["data"]["id"].GetString()}, id);
  CAF_CHECK_EQUAL(std::string{theirs["data"]["schedule"].GetString()},
                  "0 9 * * *");
}

CAF_TEST(D2 no token and a bad one are 401 with a challenge) {
  auto x = serve_sqlite();
  for (auto header :
       {"X: y", "Authorization: Basic YTpi", "Authorization: Bearer a.b.c"}) {
    x->client.extra = {header};
    auto got = x->client.get(v1 + "/tasks");
    CAF_CHECK_EQUAL(got.status, 401);
    CAF_CHECK_EQUAL(got.fields["www-authenticate"], "Bearer");
  }
}

CAF_TEST(D3 an error tells detail error_id timestamp and status_code) {
  auto x = scene();
  for (auto path : {"/tasks/99", "/tasks/x", "/nowhere"}) {
    auto got = x->client.get(v1 + path);
    auto json = got.json();
    CAF_REQUIRE(json.IsObject());
    CAF_CHECK_EQUAL(json.MemberCount(), 4u);
    CAF_CHECK(!got.detail().empty());
    CAF_CHECK_EQUAL(got.text("error_id"), got.fields["x-request-id"]);
    CAF_CHECK_EQUAL(got.text("timestamp").size(), 24u);
    CAF_CHECK_EQUAL(got.number("status_code"), got.status);
  }
}

CAF_TEST(D4 a bad schedule and a weak password are 422 and not 400) {
  auto x = scene();
  auto schedule = x->client.post(
      v1 + "/tasks", R"({"skill_name":"s","schedule_cron":"at nine o'clock"})");
  CAF_CHECK_EQUAL(schedule.status, 422);
  CAF_CHECK_EQUAL(schedule.detail(), "value_error");
  auto password = x->client.post(
      v1 + "/auth/register",
      R"({"username":"bob","email":"bob@example.com","password":"password"})");
  CAF_CHECK_EQUAL(password.status, 422);
  CAF_CHECK_EQUAL(password.detail(), "value_error");
}

CAF_TEST(D5 tokens carry the claims of both conventions) {
  auto x = scene();
  auto login = x->client.log_in("ann");
  for (auto kind : {"access", "refresh"}) {
    auto told = claims(login.text((std::string{kind} + "_token").c_str()));
    CAF_CHECK_EQUAL(std::string{told["sub"].GetString()}, "2");
    CAF_CHECK_EQUAL(told["user_id"].GetInt64(), 2);
    CAF_CHECK_EQUAL(std::string{told["username"].GetString()}, "ann");
    CAF_CHECK_EQUAL(std::string{told["email"].GetString()}, "ann@example.com");
    CAF_CHECK_EQUAL(std::string{told["role"].GetString()}, "user");
    CAF_CHECK_EQUAL(std::string{told["type"].GetString()}, kind);
    CAF_CHECK(told["exp"].GetInt64() > told["iat"].GetInt64());
  }
}

CAF_TEST(D6 times are UTC with milliseconds and Z and naive ones are UTC) {
  auto x = scene();
  const std::regex form{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"};
  auto made = create_task(*x, R"(,"due_date":"2030-01-02T03:04:05")");
  for (auto name : {"created_at", "updated_at", "next_run_at", "due_date"})
    CAF_CHECK(std::regex_match(made.text(name), form));
  CAF_CHECK_EQUAL(made.text("due_date"), "2030-01-02T03:04:05.000Z");
  auto shifted = create_task(*x, R"(,"due_date":"2030-01-02T03:04:05+02:00")");
  CAF_CHECK_EQUAL(shifted.text("due_date"), "2030-01-02T01:04:05.000Z");
}

CAF_TEST(D7 a trailing slash is the same resource without a redirect) {
  auto x = scene();
  auto made = create_task(*x);
  for (auto path : {v1 + "/tasks", item("/tasks", made), v1 + "/projects",
                    v1 + "/agents", v1 + "/auth/me"}) {
    auto without = x->client.get(path);
    auto with = x->client.get(path + '/');
    CAF_CHECK_EQUAL(without.status, 200);
    CAF_CHECK_EQUAL(with.status, 200);
    CAF_CHECK_EQUAL(with.body, without.body);
  }
  CAF_CHECK_EQUAL(x->client.post(v1 + "/projects/", R"({"name":"p"})").status,
                  201);
}

CAF_TEST(D8 a deleted task is 200 deleted on v1 and 404 for the dashboard) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = create_task(x);
    x.client.del(item("/tasks", made));
    auto here = x.client.get(item("/tasks", made));
    CAF_CHECK_EQUAL(here.status, 200);
    CAF_CHECK_EQUAL(here.text("status"), "deleted");
    auto id = std::to_string(made.number("id"));
    auto there = x.client.get("/api/tasks/" + id);
    CAF_CHECK_EQUAL(there.status, 404);
    CAF_CHECK_EQUAL(there.text("success"), "false");
    CAF_CHECK_EQUAL(there.text("error"), "Task " + id + " not found");
  });
}

CAF_TEST(D9 deleted tasks are listed and counted only when asked for) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    x.client.del(item("/tasks", create_task(x)));
    create_task(x);
    CAF_CHECK_EQUAL(x.client.get(v1 + "/tasks").number("total"), 1);
    auto deleted = x.client.get(v1 + "/tasks?status=deleted");
    CAF_CHECK_EQUAL(deleted.number("total"), 1);
    CAF_CHECK_EQUAL(deleted.json()["tasks"].Size(), 1u);
  });
}

CAF_TEST(D10 deleting a task or session is 200 with a body else 204) {
  auto x = scene();
  auto made = create_task(*x);
  auto task = x->client.del(item("/tasks", made));
  CAF_CHECK_EQUAL(task.status, 200);
  CAF_CHECK_EQUAL(task.text("message"), "Task successfully deleted");
  CAF_CHECK_EQUAL(task.number("task_id"), made.number("id"));
  CAF_CHECK_EQUAL(task.text("status"), "deleted");
  for (auto& path : {item("/projects", create_project(*x)),
                     item("/agents", create_agent(*x, "n"))}) {
    auto gone = x->client.del(path);
    CAF_CHECK_EQUAL(gone.status, 204);
    CAF_CHECK(gone.body.empty());
  }
  auto sessions = x->client.del(v1 + "/auth/sessions");
  CAF_CHECK_EQUAL(sessions.status, 200);
  CAF_CHECK_EQUAL(sessions.text("message"),
                  "All sessions revoked successfully");
}

CAF_TEST(D11 agents and memory need a token) {
  auto x = serve_sqlite();
  for (auto path :
       {"/agents", "/agents/1", "/memory/task/t", "/memory/projects/p/summary"})
    CAF_CHECK_EQUAL(x->client.get(v1 + path).status, 401);
  for (auto path :
       {"/agents", "/agents/activity", "/memory/search", "/memory/store"})
    CAF_CHECK_EQUAL(x->client.post(v1 + path, "{}").status, 401);
}

CAF_TEST(D12 a project has eight statuses and clients give all but deleted) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto path = item("/projects", create_project(x));
    for (std::string status : {"archived", "planning", "in_progress", "on_hold",
                               "paused", "completed", "active"}) {
      auto got = x.client.put(path, "{\"status\":\"" + status + "\"}");
      CAF_CHECK_EQUAL(got.status, 200);
      CAF_CHECK_EQUAL(got.text("status"), status);
    }
    CAF_CHECK_EQUAL(x.client.put(path, R"({"status":"deleted"})").status, 422);
  });
}

CAF_TEST(D13 an unknown type or status of an agent is 422) {
  auto x = scene();
  auto path = item("/agents", create_agent(*x, "n"));
  for (auto body : {R"({"type":"cook"})", R"({"status":"asleep"})"}) {
    auto got = x->client.put(path, body);
    CAF_CHECK_EQUAL(got.status, 422);
    CAF_CHECK_EQUAL(got.detail(), "enum");
  }
  CAF_CHECK_EQUAL(
      x->client.post(v1 + "/agents", R"({"name":"m","type":"cook"})").status,
      422);
  for (auto query : {"?type=cook", "?status=asleep"})
    CAF_CHECK_EQUAL(x->client.get(v1 + "/agents" + query).status, 422);
}

CAF_TEST(D14 agents with any of the capabilities are counted before paging) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    create_agent(x, "one", R"(,"capabilities":["a"])");
    create_agent(x, "both", R"(,"capabilities":["a","b"])");
    create_agent(x, "other", R"(,"capabilities":["c"])");
    auto got = x.client.get(v1 + "/agents?capabilities=a,b&limit=1");
    CAF_CHECK_EQUAL(got.number("total"), 2);
    CAF_CHECK_EQUAL(got.json()["agents"].Size(), 1u);
  });
}

CAF_TEST(D16 a limit is for all routes of a bucket together) {
  auto x = serve_sqlite(
      {{"RATE_LIMIT_ENABLED", "true"}, {"RATE_LIMIT_PER_MINUTE", "2"}});
  CAF_CHECK_EQUAL(x->client.get(v1 + "/tasks").status, 401);
  CAF_CHECK_EQUAL(x->client.get(v1 + "/agents").status, 401);
  auto refused = x->client.get(v1 + "/projects");
  CAF_CHECK_EQUAL(refused.status, 429);
  CAF_CHECK_EQUAL(refused.detail(), "Rate limit exceeded: 2 per 1 minute");
  CAF_CHECK_EQUAL(x->client.post(v1 + "/auth/login", "{}").status, 422);
}

CAF_TEST(D18 what is disabled does not degrade
         and readiness without a database is 503) {
  auto x = serve_postgres();
  auto health = x->client.get("/health");
  CAF_CHECK_EQUAL(health.text("memory_mcp"), "disabled");
  CAF_CHECK_EQUAL(health.text("redis"), "disabled");
  CAF_CHECK_EQUAL(health.text("status"), "healthy");
  auto& database = temporary_postgres::shared();
  database.stop();
  until(x->client, v1 + "/readiness", 503);
  auto ready = x->client.get(v1 + "/readiness");
  CAF_CHECK_EQUAL(ready.status, 503);
  CAF_CHECK_EQUAL(ready.text("ready"), "false");
  CAF_CHECK_EQUAL(ready.text("reason"), "database_unavailable");
  CAF_CHECK_EQUAL(x->client.get("/health").text("status"), "degraded");
  database.start();
}

CAF_TEST(D30 a task has the fields that its project and the dashboard show) {
  auto x = scene();
  auto project = create_project(*x).text("id");
  auto plain = create_task(*x);
  CAF_CHECK_EQUAL(plain.text("title"), "s");
  CAF_CHECK_EQUAL(plain.text("priority"), "medium");
  for (auto name : {"description", "project_id", "assignee", "due_date",
                    "position", "last_run_at"})
    CAF_CHECK_EQUAL(plain.text(name), "null");
  create_task(*x, R"(,"title":"T","priority":"high","project_id":)" + project);
  auto shown = x->client.get(v1 + "/projects/" + project).json();
  auto& row = shown["tasks"][0];
  CAF_CHECK_EQUAL(std::string{row["title"].GetString()}, "T");
  CAF_CHECK_EQUAL(std::string{row["priority"].GetString()}, "high");
}

CAF_TEST(D31 PATCH is PUT on v1) {
  auto x = scene();
  const std::tuple<std::string, const char*, const char*> table[] = {
      {item("/tasks", create_task(*x)), "title", R"({"title":"new"})"},
      {item("/projects", create_project(*x)), "name", R"({"name":"new"})"},
      {item("/agents", create_agent(*x, "n")), "name", R"({"name":"new"})"},
      {v1 + "/auth/me", "bio", R"({"bio":"new"})"},
  };
  for (auto& [path, name, body] : table) {
    auto got = x->client.send("PATCH", path, body);
    CAF_CHECK_EQUAL(got.status, 200);
    CAF_CHECK_EQUAL(got.text(name), "new");
  }
}
