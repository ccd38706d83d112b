#define CAF_SUITE dashboard
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <thread>

using namespace callboard;
using namespace callboard::test;

namespace {

/// `data` of an envelope, as canonical JSON; else the whole body.
std::string data(const answer& x) {
  auto json = x.json();
  if (!json.IsObject() || !json.HasMember("data") || !json["success"].GetBool())
    return "no data: " + x.body;
  return canonical(json["data"]);
}

std::string field(const answer& x, const char* name) {
  auto json = x.json();
  if (!json.IsObject() || !json.HasMember("data")
      || !json["data"].HasMember(name))
    return "no " + std::string{name} + ": " + x.body;
  auto& value = json["data"][name];
  return value.IsString() ? value.GetString() : canonical(value);
}

/// One member of each row, with a space.
std::string column(const json_value& rows, const char* name) {
  std::string out;
  for (auto& row : rows.GetArray())
    out += (row[name].IsString() ? std::string{row[name].GetString()}
                                 : canonical(row[name]))
           + ' ';
  return out;
}

std::string create_task(served& x, const std::string& more = "") {
  auto made = x.client.post(
      "/api/tasks",
      R"({"skill_name":"s","title":"T","schedule":"0 9 * * *")" + more + '}');
  CAF_REQUIRE_EQUAL(made.status, 201);
  return field(made, "id");
}

answer patch_task(served& x, const std::string& id, const std::string& body) {
  return x.client.send("PATCH", "/api/tasks/" + id, body);
}

} // namespace

CAF_TEST(tasks speak camelCase in an envelope and every answer has a body) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto project
        = field(x.client.post("/api/projects", R"({"name":"P"})"), "id");
    auto made = x.client.post(
        "/api/tasks",
        R"({"title":"Write","skill_name":"","schedule":"0 9 * * *",)"
        R"("projectId":")"
            + project
            + R"(","priority":"high","dueDate":"2030-01-02T03:04:05Z",)"
              R"("order":7,"assignee":"42","createdAt":"2001-01-01"})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    CAF_CHECK_EQUAL(field(made, "projectId"), project);
    CAF_CHECK_EQUAL(field(made, "skill_name"), "unassigned");
    CAF_CHECK_EQUAL(field(made, "schedule"), "0 9 * * *");
    CAF_CHECK_EQUAL(field(made, "dueDate"), "2030-01-02T03:04:05.000Z");
    CAF_CHECK_EQUAL(field(made, "order"), "7");
    CAF_CHECK_EQUAL(field(made, "status"), "pending");
    CAF_CHECK(field(made, "createdAt") > "2020");
    auto id = field(made, "id");
    auto json = made.json();
    CAF_CHECK(json["data"]["id"].IsString());
    auto form = x.client.post(
        "/api/tasks", R"({"skillName":"form","cronSchedule":"0 0 * * *",)"
                      R"("parameters":"{\"b\":1,\"a\":[2]}","projectId":"",)"
                      R"("enabled":false})");
    CAF_CHECK_EQUAL(field(form, "status"), "disabled");
    CAF_CHECK_EQUAL(field(form, "params"), R"({"a":[2],"b":1})");
    CAF_CHECK_EQUAL(field(form, "projectId"), "null");
    auto once = x.client.post(
        "/api/tasks",
        R"({"title":"once","next_run_at":"2030-01-01T00:00:00Z"})");
    CAF_CHECK_EQUAL(field(once, "schedule"), "null");
    auto all = x.client.get("/api/tasks").json();
    CAF_CHECK_EQUAL(all["data"].Size(), 3u);
    auto some = x.client.get("/api/tasks?projectId=" + project).json();
    CAF_CHECK_EQUAL(column(some["data"], "title"), "Write ");
    CAF_CHECK_EQUAL(x.client.get("/api/tasks?projectId=").json()["data"].Size(),
                    3u);
    auto patched = patch_task(x, id, R"({"title":"New","projectId":null})");
    CAF_CHECK_EQUAL(patched.status, 200);
    CAF_CHECK_EQUAL(field(patched, "title"), "New");
    CAF_CHECK_EQUAL(field(patched, "projectId"), "null");
    CAF_CHECK_EQUAL(data(x.client.get("/api/tasks/" + id)), data(patched));
    auto gone = x.client.del("/api/tasks/" + id);
    CAF_CHECK_EQUAL(gone.status, 200);
    CAF_CHECK_EQUAL(gone.body, R"({"success":true})");
  });
}

CAF_TEST(an echo of an event writes nothing) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = create_task(x);
    auto running = patch_task(x, id, R"({"status":"running"})");
    auto then = field(running, "updatedAt");
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    patch_task(x, id, R"({"status":"completed"})");
    auto events = x.count("SELECT count(*) FROM events");
    auto audit = x.count("SELECT count(*) FROM audit_logs");
    // The browser answers the late event with what it says.
    auto echo = patch_task(x, id,
                           R"({"status":"running","assignee":null,)"
                           R"("updatedAt":")"
                               + then + "\"}");
    CAF_CHECK_EQUAL(echo.status, 200);
    CAF_CHECK_EQUAL(field(echo, "status"), "completed");
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events"), events);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM audit_logs"), audit);
    auto real = patch_task(
        x, id, R"({"status":"failed","updatedAt":"2999-01-01T00:00:00Z"})");
    CAF_CHECK_EQUAL(field(real, "status"), "failed");
    CAF_CHECK(field(real, "updatedAt") < "2999");
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events"), events + 1);
  });
}

CAF_TEST(projects and their order are as the dashboard knows them) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post(
        "/api/projects",
        R"({"name":"P","description":"d","taskCount":9,"id":"x"})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    auto id = field(made, "id");
    CAF_CHECK_EQUAL(field(made, "taskCount"), "0");
    CAF_CHECK_EQUAL(field(made, "agentCount"), "0");
    auto path = "/api/projects/" + id;
    std::vector<std::string> tasks;
    for (int i = 0; i < 3; ++i)
      tasks.push_back(create_task(x, R"(,"projectId":")" + id + "\""));
    auto rows = x.client.get(path + "/tasks").json();
    CAF_REQUIRE(rows.IsArray()); // no envelope
    CAF_CHECK_EQUAL(column(rows, "order"), "1 2 3 ");
    auto sorted = x.client.post(path + "/tasks/reorder",
                                R"({"taskIds":[")" + tasks[2] + R"(",")"
                                    + tasks[0] + "\"]}");
    CAF_REQUIRE_EQUAL(sorted.status, 200);
    auto now = sorted.json();
    CAF_CHECK_EQUAL(column(now["data"], "id"),
                    tasks[2] + ' ' + tasks[0] + ' ' + tasks[1] + ' ');
    CAF_CHECK_EQUAL(column(now["data"], "order"), "1 2 3 ");
    CAF_CHECK_EQUAL(
        x.client.post(path + "/tasks/reorder", R"({"taskIds":["99999"]})")
            .status,
        422);
    auto agent = field(
        x.client.post("/api/agents", R"({"name":"n","type":"coder"})"), "id");
    x.client.post("/api/v1/agents/activity", "{\"agent_id\":" + agent
                                                 + ",\"task_id\":" + tasks[0]
                                                 + R"(,"status":"success"})");
    auto shown = x.client.get(path);
    CAF_CHECK_EQUAL(field(shown, "taskCount"), "3");
    CAF_CHECK_EQUAL(field(shown, "agentCount"), "1");
    auto archived = x.client.send("PATCH", path, R"({"status":"archived"})");
    CAF_CHECK_EQUAL(field(archived, "status"), "archived");
    CAF_CHECK_EQUAL(field(archived, "agentCount"), "1");
    CAF_CHECK_EQUAL(
        column(x.client.get("/api/projects").json()["data"], "agentCount"),
        "1 ");
    CAF_CHECK_EQUAL(x.client.get("/api/projects").json()["data"].Size(), 1u);
    CAF_CHECK_EQUAL(x.client.del(path).body, R"({"success":true})");
    CAF_CHECK_EQUAL(x.client.get(path).status, 404);
  });
}

CAF_TEST(agents run and their activity is shown) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post(
        "/api/agents",
        R"({"name":"n","type":"coder","status":"active","capabilities":["a"]})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    CAF_CHECK_EQUAL(field(made, "status"), "busy");
    CAF_CHECK(made.body.find("currentTask") == std::string::npos);
    auto id = field(made, "id");
    auto task = create_task(x);
    auto run = x.client.post("/api/tasks/" + task + "/run", "");
    CAF_CHECK_EQUAL(run.status, 202);
    CAF_CHECK_EQUAL(field(run, "status"), "running");
    auto busy = x.client.post("/api/agents/" + id + "/execute",
                              R"({"task":"Review the change"})");
    CAF_CHECK_EQUAL(busy.status, 202);
    CAF_CHECK_EQUAL(field(busy, "status"), "busy");
    auto current = field(busy, "currentTask");
    CAF_CHECK_EQUAL(field(x.client.get("/api/tasks/" + current), "title"),
                    "Review the change");
    CAF_CHECK_EQUAL(
        field(x.client.send("PATCH", "/api/agents/" + id, R"({"name":"m"})"),
              "currentTask"),
        current);
    CAF_CHECK_EQUAL(
        column(x.client.get("/api/agents").json()["data"], "currentTask"),
        current + ' ');
    CAF_CHECK_EQUAL(
        x.client.post("/api/agents/" + id + "/execute", "{}").status, 422);
    CAF_CHECK_EQUAL(
        x.client.post("/api/agents/99999/execute", R"({"task":"t"})").status,
        404);
    x.client.post("/api/v1/agents/activity",
                  "{\"agent_id\":" + id + ",\"task_id\":" + current
                      + R"(,"status":"timeout","error":"late","output":"o"})");
    auto told = x.client.get("/api/agent-activity?agentId=" + id);
    CAF_REQUIRE_EQUAL(told.status, 200);
    auto json = told.json();
    CAF_REQUIRE_EQUAL(json["data"].Size(), 1u);
    auto& row = json["data"][0];
    CAF_CHECK_EQUAL(std::string{row["agentId"].GetString()}, id);
    CAF_CHECK_EQUAL(std::string{row["details"]["status"].GetString()},
                    "failed");
    CAF_CHECK_EQUAL(std::string{row["details"]["taskTitle"].GetString()},
                    "Review the change");
    CAF_CHECK_EQUAL(std::string{row["details"]["outputPreview"].GetString()},
                    "o");
    CAF_CHECK_EQUAL(std::string{row["details"]["error"].GetString()}, "late");
    x.client.sign_up("bob");
    auto foreign = x.client.get("/api/agent-activity");
    CAF_CHECK(foreign.body.find("Review") == std::string::npos);
    CAF_CHECK(foreign.body.find("late") == std::string::npos);
    CAF_CHECK_EQUAL(foreign.json()["data"].Size(), 1u);
    for (auto bad : {"limit=0", "limit=501", "agentId=x"})
      CAF_CHECK_EQUAL(
          x.client.get(std::string{"/api/agent-activity?"} + bad).status, 422);
    CAF_CHECK_EQUAL(x.client.del("/api/agents/" + id).status, 403);
    x.client.log_in("ann");
    CAF_CHECK_EQUAL(x.client.del("/api/agents/" + id).body,
                    R"({"success":true})");
  });
}

CAF_TEST(errors keep their status and have one text) {
  auto x = serve_sqlite();
  auto& client = x->client;
  auto refused = client.get("/api/tasks");
  CAF_CHECK_EQUAL(refused.status, 401);
  CAF_CHECK_EQUAL(refused.body,
                  R"({"success":false,"error":"Not authenticated",)"
                  R"("message":"Not authenticated"})");
  CAF_CHECK_EQUAL(refused.fields["www-authenticate"], "Bearer");
  client.sign_up("ann");
  auto bad = client.post("/api/tasks", R"({"title":7})");
  CAF_CHECK_EQUAL(bad.status, 422);
  CAF_CHECK_EQUAL(bad.text("error"), bad.text("message"));
  CAF_CHECK(bad.text("error").find("body.title") != std::string::npos);
  for (auto body : {"", "[]", "{", R"({"projectId":"x"})",
                    R"({"schedule":"x","skill_name":"s"})",
                    R"({"skill_name":"s","schedule":"0 9 * * *","order":"x"})"})
    CAF_CHECK_EQUAL(client.post("/api/tasks", body).status, 422);
  auto id = create_task(*x);
  client.sign_up("bob");
  for (auto method : {"GET", "PATCH", "DELETE"})
    CAF_CHECK_EQUAL(client.send(method, "/api/tasks/" + id, "{}").status, 403);
  CAF_CHECK_EQUAL(client.get("/api/tasks?user_id=2").status, 403);
  CAF_CHECK_EQUAL(client.get("/api/tasks/x").status, 422);
}

CAF_TEST(accounts have their aliases without an envelope) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto login = x->client.post("/api/auth/login",
                              R"({"username":"ann","password":"Passw0rd!"})");
  CAF_REQUIRE_EQUAL(login.status, 200);
  CAF_CHECK(!login.text("access_token").empty());
  auto me = x->client.get("/api/users/me");
  CAF_CHECK_EQUAL(me.body, x->client.get("/api/v1/auth/me").body);
  auto same = x->client.send("PATCH", "/api/users/me",
                             R"({"role":"admin","is_admin":true})");
  CAF_CHECK_EQUAL(same.status, 200);
  CAF_CHECK_EQUAL(x->client.get("/api/users/me").text("role"), "user");
  CAF_CHECK_EQUAL(x->client.get("/api/users/you").status, 404);
  CAF_CHECK_EQUAL(x->client.get("/api/auth").status, 404);
}

CAF_TEST(a single user needs no token where the dashboard asks) {
  auto x = serve_sqlite({{"AUTH_SINGLE_USER_ID", "1"}}); // the admin
  x->client.token.clear();
  auto made = x->client.post("/api/tasks",
                             R"({"skill_name":"s","schedule":"0 9 * * *"})");
  CAF_CHECK_EQUAL(made.status, 201);
  CAF_CHECK_EQUAL(x->client.get("/api/v1/tasks").status, 401);
  x->client.token = "wrong";
  CAF_CHECK_EQUAL(x->client.get("/api/tasks").status, 401);
  auto nobody = serve_sqlite({{"AUTH_SINGLE_USER_ID", "99"}});
  nobody->client.token.clear();
  CAF_CHECK_EQUAL(nobody->client.get("/api/tasks").status, 401);
}
