#define CAF_SUITE agents
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

std::string item(int64_t id, const std::string& more = "") {
  return "/api/v1/agents/" + std::to_string(id) + more;
}

int64_t create(served& x, const std::string& name,
               const std::string& more = "") {
  auto made
      = x.client.post("/api/v1/agents", "{\"type\":\"coder\",\"name\":"
                                            + json_quoted(name) + more + '}');
  CAF_REQUIRE_EQUAL(made.status, 201);
  return made.number("id");
}

std::string names(const answer& x) {
  std::string out;
  auto document = x.json();
  if (!document.IsObject() || !document.HasMember("agents"))
    return "no list: " + x.body;
  for (auto& row : document["agents"].GetArray())
    out += std::string{row["name"].GetString()} + ' ';
  return out;
}

} // namespace

CAF_TEST(an agent is created shown changed and hidden as the contract says) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post(
        "/api/v1/agents",
        R"({"name":"coder-01","type":"api-designer","user_id":9,)"
        R"("capabilities":["python","c++","python"]})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    auto id = made.number("id");
    CAF_CHECK_EQUAL(made.fields["location"], item(id));
    CAF_CHECK_EQUAL(made.text("type"), "api-designer");
    CAF_CHECK_EQUAL(made.text("capabilities"), R"(["python","c++"])");
    CAF_CHECK_EQUAL(made.text("status"), "idle");
    CAF_CHECK_EQUAL(made.text("last_active_at"), "null");
    CAF_CHECK_EQUAL(made.number("user_id"), 2);
    auto shown = x.client.get(item(id));
    CAF_CHECK_EQUAL(shown.text("execution_history"), "[]");
    CAF_CHECK_EQUAL(shown.text("success_rate"), "0.0");
    CAF_CHECK_EQUAL(shown.text("avg_duration_ms"), "0.0");
    auto put = x.client.put(item(id), R"({"name":"n","capabilities":[],)"
                                      R"("status":"offline"})");
    CAF_CHECK_EQUAL(put.status, 200);
    CAF_CHECK_EQUAL(put.text("capabilities"), "[]");
    CAF_CHECK_EQUAL(x.client.put(item(id), "{}").body, put.body);
    auto status = x.client.put(item(id, "/status"), R"({"status":"active"})");
    CAF_CHECK_EQUAL(status.status, 200);
    CAF_CHECK_EQUAL(status.text("status"), "active");
    CAF_CHECK_EQUAL(status.text("name"), "n");
    CAF_CHECK_EQUAL(x.client.del(item(id)).status, 204);
    CAF_CHECK_EQUAL(x.client.del(item(id)).status, 404);
    CAF_CHECK_EQUAL(x.client.get(item(id)).detail(),
                    "Agent " + std::to_string(id) + " not found");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/agents").number("total"), 0);
    CAF_CHECK_EQUAL(create(x, "n"), id + 1); // its name is free again
    // Of the created, changed and hidden ones, and what was announced.
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM audit_logs WHERE table_name "
                            "= 'agents' AND user_id = '2'"),
                    5);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events WHERE type = "
                            "'agent_spawned' AND audience = 'everyone'"),
                    2);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events WHERE type = "
                            "'agent_status_update' AND channel = 'agents'"),
                    2);
  });
}

CAF_TEST(everybody sees an agent and its creator and admins change it) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = create(x, "a");
    x.client.sign_up("bob");
    CAF_CHECK_EQUAL(x.client.get(item(id)).status, 200);
    CAF_CHECK_EQUAL(names(x.client.get("/api/v1/agents")), "a ");
    const std::tuple<const char*, const char*, const char*> routes[] = {
        {"PUT", "", R"({"name":"b"})"},
        {"PATCH", "", "{}"},
        {"PUT", "/status", R"({"status":"idle"})"},
        {"DELETE", "", ""},
        {"GET", "", ""},
    };
    for (auto& [method, more, body] : routes) {
      if (std::string{method} != "GET")
        CAF_CHECK_EQUAL(x.client.send(method, item(id, more), body).status,
                        403);
      auto absent = x.client.send(method, item(99'999, more), body);
      CAF_CHECK_EQUAL(absent.status, 404);
      CAF_CHECK_EQUAL(absent.detail(), "Agent 99999 not found");
      CAF_CHECK_EQUAL(x.client.send(method, item(0, more), body).status, 404);
      auto word = x.client.send(
          method, std::string{"/api/v1/agents/seven"} + more, body);
      CAF_CHECK_EQUAL(word.status, 422);
    }
    auto token = std::exchange(x.client.token, "");
    for (auto& [method, more, body] : routes)
      CAF_CHECK_EQUAL(x.client.send(method, item(id, more), body).status, 401);
    CAF_CHECK_EQUAL(x.client.get("/api/v1/agents").status, 401);
    x.client.token = token;
    x.log_in_admin();
    CAF_CHECK_EQUAL(x.client.put(item(id), R"({"type":"tester"})").status, 200);
    CAF_CHECK_EQUAL(x.client.del(item(id)).status, 204);
  });
}

CAF_TEST(a name is given once) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    create(x, "it's \"a\"");
    auto b = create(x, "b");
    auto twin = x.client.post("/api/v1/agents",
                              R"({"type":"coder","name":"it's \"a\""})");
    CAF_CHECK_EQUAL(twin.status, 409);
    CAF_CHECK_EQUAL(twin.detail(),
                    "Agent with name 'it's \"a\"' already exists");
    CAF_CHECK_EQUAL(x.client.put(item(b), R"({"name":"it's \"a\""})").status,
                    409);
    CAF_CHECK_EQUAL(x.client.put(item(b), R"({"name":"b"})").status, 200);
  });
}

CAF_TEST(a list is filtered in the database before it is counted and paged) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    create(x, "a", R"(,"capabilities":["python","sql"])");
    create(x, "b", R"(,"capabilities":["python"],"status":"busy")");
    auto c = create(x, "c", R"(,"capabilities":["c++","a,b"])");
    x.client.put(item(c), R"({"type":"tester"})");
    auto d = create(x, "d");
    auto ask = [&](const std::string& query) {
      return x.client.get("/api/v1/agents?" + query);
    };
    CAF_CHECK_EQUAL(names(ask("")), "d c b a ");
    CAF_CHECK_EQUAL(names(ask("capabilities=python")), "b a ");
    CAF_CHECK_EQUAL(names(ask("capabilities=sql,%20c%2B%2B,,none")), "c a ");
    CAF_CHECK_EQUAL(names(ask("capabilities=pyth")), "");
    CAF_CHECK_EQUAL(names(ask("capabilities=%25")), "");
    CAF_CHECK_EQUAL(names(ask("capabilities=,")), "d c b a ");
    CAF_CHECK_EQUAL(names(ask("type=tester")), "c ");
    CAF_CHECK_EQUAL(names(ask("status=busy&capabilities=python")), "b ");
    auto page = ask("capabilities=python,sql,c%2B%2B&limit=1&offset=1");
    CAF_CHECK_EQUAL(names(page), "b ");
    CAF_CHECK_EQUAL(page.number("total"), 3);
    CAF_CHECK_EQUAL(page.number("limit"), 1);
    CAF_CHECK_EQUAL(page.text("has_more"), "true");
    CAF_CHECK_EQUAL(ask("offset=9").number("total"), 4);
    x.client.put(item(d), R"({"capabilities":["sql"]})");
    CAF_CHECK_EQUAL(names(ask("capabilities=sql")), "d a ");
    x.client.put(item(d), R"({"capabilities":["go"]})");
    CAF_CHECK_EQUAL(names(ask("capabilities=sql")), "a ");
    CAF_CHECK_EQUAL(names(ask("capabilities=go")), "d ");
    x.client.del(item(d));
    CAF_CHECK_EQUAL(names(ask("capabilities=go")), "");
    for (auto bad : {"type=nope", "status=sleeping", "limit=0", "limit=1001",
                     "offset=-1", "capabilities=%FF"})
      CAF_CHECK_EQUAL(ask(bad).status, 422);
    for (auto bad : {"history_limit=0", "history_limit=501", "history_limit=x"})
      CAF_CHECK_EQUAL(x.client.get(item(1) + '?' + bad).status, 422);
  });
}

CAF_TEST(bad agents are refused and say where) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto id = create(*x, "a");
  const std::tuple<std::string, const char*> table[] = {
      {R"({"type":"coder"})", "missing"},
      {R"({"name":"n"})", "missing"},
      {R"({"name":"","type":"coder"})", "string_too_short"},
      {R"({"name":")" + std::string(256, 'x') + R"(","type":"coder"})",
       "string_too_long"},
      {R"({"name":1,"type":"coder"})", "string_type"},
      {R"({"name":"n","type":"Coder"})", "enum"},
      {R"({"name":"n","type":"coder","status":"asleep"})", "enum"},
      {R"({"name":"n","type":"coder","capabilities":"python"})", "list_type"},
      {R"({"name":"n","type":"coder","capabilities":[1]})", "string_type"},
      {R"({"name":"n","type":"coder","capabilities":[""]})",
       "string_too_short"},
      {"null", "model_attributes_type"},
  };
  for (auto& [body, type] : table) {
    auto refused = x->client.post("/api/v1/agents", body);
    CAF_CHECK_EQUAL(refused.status, 422);
    CAF_CHECK_EQUAL(refused.detail(), type);
  }
  for (auto body : {R"({"name":null})", R"({"type":null})", R"({"status":1})",
                    R"({"capabilities":null})"})
    CAF_CHECK_EQUAL(x->client.put(item(id), body).status, 422);
  for (auto body : {"{}", R"({"status":null})", R"({"status":"gone"})"})
    CAF_CHECK_EQUAL(x->client.put(item(id, "/status"), body).status, 422);
}

CAF_TEST(new agents are counted apart) {
  auto x = serve_sqlite({{"RATE_LIMIT_ENABLED", "true"},
                         {"RATE_LIMIT_AGENT_CREATE_PER_MINUTE", "2"}});
  x->client.sign_up("ann");
  create(*x, "a");
  create(*x, "b");
  auto third
      = x->client.post("/api/v1/agents", R"({"name":"c","type":"coder"})");
  CAF_CHECK_EQUAL(third.status, 429);
  CAF_CHECK_EQUAL(x->client.get("/api/v1/agents").status, 200);
}
