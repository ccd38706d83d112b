#define CAF_SUITE memory
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

answer store(served& x, const std::string& content,
             const std::string& more = "") {
  return x.client.post("/api/v1/memory/store",
                       "{\"content\":" + json_quoted(content)
                           + R"(,"intent":"bugfix")" + more + '}');
}

answer search(served& x, const std::string& words,
              const std::string& more = "") {
  return x.client.post("/api/v1/memory/search",
                       "{\"query\":" + json_quoted(words) + more + '}');
}

/// The task ids of the results, each with a space.
std::string found(const answer& x, const char* list = "results") {
  auto json = x.json();
  if (!json.IsObject() || !json.HasMember(list))
    return "no list: " + x.body;
  std::string out;
  for (auto& row : json[list].GetArray())
    out += std::string{row["task_id"].GetString()} + ' ';
  return out;
}

} // namespace

CAF_TEST(what is stored has all its tags and is found by its words) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto stored = store(x, "Fixed the login timeout in auth.cpp",
                        R"(,"task_id":"AUTH-001","user_id":"99",)"
                        R"("additional_metadata":{"a":[1]}})"
                            + std::string{});
    CAF_CHECK_EQUAL(stored.status, 422); // one brace too many
    stored = store(x, "Fixed the login timeout in auth.cpp",
                   R"(,"task_id":"AUTH-001","user_id":"99",)"
                   R"("additional_metadata":{"a":[1]})");
    CAF_REQUIRE_EQUAL(stored.status, 200);
    CAF_CHECK_EQUAL(stored.text("status"), "degraded");
    CAF_CHECK_EQUAL(stored.text("storage"), "postgresql_fallback");
    CAF_CHECK_EQUAL(stored.text("task_id"), "AUTH-001");
    CAF_CHECK_EQUAL(stored.text("warning"),
                    "Memory MCP unavailable, using PostgreSQL fallback");
    auto json = stored.json();
    auto& tags = json["metadata"];
    CAF_CHECK_EQUAL(std::string{tags["who"]["user_id"].GetString()}, "2");
    CAF_CHECK_EQUAL(std::string{tags["who"]["agent_id"].GetString()},
                    "backend-dev");
    CAF_CHECK(tags["who"]["capabilities"].Size() > 0);
    CAF_CHECK(tags["when"]["unix_timestamp"].GetInt64() > 1'700'000'000);
    CAF_CHECK_EQUAL(
        std::string{tags["when"]["iso_timestamp"].GetString()}.size(), 24u);
    CAF_CHECK(std::string_view{tags["when"]["readable"].GetString()}.ends_with(
        " UTC"));
    CAF_CHECK_EQUAL(std::string{tags["project"]["project_id"].GetString()},
                    "ruv-sparc-ui-dashboard");
    CAF_CHECK_EQUAL(std::string{tags["project"]["task_id"].GetString()},
                    "AUTH-001");
    CAF_CHECK_EQUAL(std::string{tags["why"]["intent"].GetString()}, "bugfix");
    CAF_CHECK(tags["why"]["description"].GetStringLength() > 0);
    CAF_CHECK_EQUAL(canonical(tags["additional"]), R"({"a":[1]})");
    CAF_CHECK(store(x, "other words").text("task_id").starts_with("auto-"));
    auto got = search(x, "TIMEOUT cpp");
    CAF_CHECK_EQUAL(got.status, 200);
    CAF_CHECK_EQUAL(found(got), "AUTH-001 ");
    CAF_CHECK_EQUAL(got.number("total_results"), 1);
    CAF_CHECK_EQUAL(got.text("source"), "postgresql_fallback");
    CAF_CHECK_EQUAL(got.text("query"), "TIMEOUT cpp");
    auto first = got.json();
    auto score = first["results"][0]["similarity_score"].GetDouble();
    CAF_CHECK(score >= 0 && score <= 1);
    CAF_CHECK(first["results"][0]["metadata"].HasMember("why"));
    CAF_CHECK_EQUAL(found(search(x, "timeout absent")), "");
    CAF_CHECK_EQUAL(found(search(x, "timeou")), "");
    CAF_CHECK_EQUAL(found(search(x, "!?")), "");
    CAF_CHECK_EQUAL(found(search(x, "timeout", R"(,"task_type":"bugfix")")),
                    "AUTH-001 ");
    CAF_CHECK_EQUAL(found(search(x, "timeout", R"(,"task_type":"testing")")),
                    "");
    auto in_project = [&](const std::string& id) {
      return found(search(x, "timeout", ",\"project_id\":" + json_quoted(id)));
    };
    CAF_CHECK_EQUAL(in_project("ruv-sparc-ui-dashboard"), "AUTH-001 ");
    for (auto id : {"other", "RUV-sparc-ui-dashboard", "ruv sparc ui dashboard",
                    "\"", "!?", "dashboard", "\xc3\xa9"})
      CAF_CHECK_EQUAL(in_project(id), "");
  });
}

CAF_TEST(an entry that says it more often comes first) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    store(x, "cache " + std::string(200, 'x') + " and many other words here",
          R"(,"task_id":"once")");
    store(x, "cache cache cache cache", R"(,"task_id":"often")");
    for (int i = 0; i < 20; ++i)
      store(x, "something else entirely " + std::to_string(i));
    CAF_CHECK_EQUAL(found(search(x, "cache")), "often once ");
    CAF_CHECK_EQUAL(found(search(x, "cache", R"(,"limit":1)")), "often ");
  });
}

CAF_TEST(everybody finds own entries and those of system and admins all) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    store(x, "shared word ann", R"(,"task_id":"a")");
    x.client.sign_up("bob");
    store(x, "shared word bob", R"(,"task_id":"b")");
    x.log_in_admin();
    store(x, "shared word system", R"(,"task_id":"s","user_id":"system")");
    auto sorted = [&] {
      auto text = found(search(x, "shared"));
      std::sort(text.begin(), text.end());
      return text;
    };
    CAF_CHECK_EQUAL(sorted(), "   abs");
    x.client.log_in("bob");
    CAF_CHECK_EQUAL(sorted(), "  bs");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/memory/task/a").status, 404);
    CAF_CHECK_EQUAL(x.client.get("/api/v1/memory/task/a").detail(),
                    "Task not found");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/memory/task/s").status, 200);
    CAF_CHECK_EQUAL(
        x.client.get("/api/v1/memory/projects/ruv-sparc-ui-dashboard/summary")
            .number("total_tasks"),
        2);
  });
}

CAF_TEST(a task is remembered with what is related to it) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    store(x, "migration of the invoice table", R"(,"task_id":"old")");
    store(x, "invoice rounding was wrong", R"(,"task_id":"T/1 \u00e9")");
    store(x, "nothing alike", R"(,"task_id":"no")");
    auto path = std::string{"/api/v1/memory/task/T%2F1%20%C3%A9"};
    auto got = x.client.get(path);
    CAF_REQUIRE_EQUAL(got.status, 200);
    auto json = got.json();
    CAF_CHECK_EQUAL(std::string{json["task"]["content"].GetString()},
                    "invoice rounding was wrong");
    CAF_CHECK(json["task"]["metadata"].HasMember("who"));
    CAF_CHECK(json["task"].HasMember("timestamp"));
    CAF_CHECK_EQUAL(found(got, "related_tasks"), "old ");
    CAF_CHECK_EQUAL(
        found(x.client.get(path + "?include_related=false"), "related_tasks"),
        "");
    auto told = x.client.get(
        "/api/v1/memory/projects/ruv-sparc-ui-dashboard/summary");
    CAF_CHECK_EQUAL(told.number("total_tasks"), 3);
    CAF_CHECK_EQUAL(told.text("by_intent"), R"({"bugfix":3})");
    CAF_CHECK_EQUAL(told.text("by_agent"), R"({"backend-dev":3})");
    CAF_CHECK_EQUAL(found(told, "recent_tasks"), "no T/1 \xc3\xa9 old ");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/memory/projects/none/summary")
                        .number("total_tasks"),
                    0);
  });
}

CAF_TEST(what an agent reports is remembered in the same transaction) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto task = x.client
                    .post("/api/v1/tasks",
                          R"({"skill_name":"s","schedule_cron":"0 9 * * *"})")
                    .number("id");
    auto agent
        = x.client
              .post("/api/v1/agents", R"({"name":"smith","type":"reviewer"})")
              .number("id");
    x.client.post("/api/v1/agents/activity",
                  "{\"agent_id\":" + std::to_string(agent)
                      + ",\"task_id\":" + std::to_string(task)
                      + R"(,"status":"failed","error":"no disk space",)"
                        R"("output":"began well","duration_ms":12})");
    auto got = x.client.get("/api/v1/memory/task/" + std::to_string(task));
    CAF_REQUIRE_EQUAL(got.status, 200);
    auto json = got.json();
    CAF_CHECK_EQUAL(std::string{json["task"]["content"].GetString()},
                    "Agent smith executed task " + std::to_string(task)
                        + " | Status: failed | Duration: 12ms | Output: began "
                          "well | Error: no disk space");
    auto& tags = json["task"]["metadata"];
    CAF_CHECK_EQUAL(std::string{tags["why"]["intent"].GetString()}, "bugfix");
    CAF_CHECK_EQUAL(std::string{tags["who"]["agent_id"].GetString()},
                    "reviewer");
    CAF_CHECK_EQUAL(tags["additional"]["agent_id"].GetInt64(), agent);
    CAF_CHECK_EQUAL(found(search(x, "disk")), std::to_string(task) + ' ');
  });
}

CAF_TEST(bad notes and questions are refused and say where) {
  auto x = serve_sqlite();
  auto& client = x->client;
  for (auto path : {"/api/v1/memory/search", "/api/v1/memory/store"})
    CAF_CHECK_EQUAL(client.post(path, "{}").status, 401);
  CAF_CHECK_EQUAL(client.get("/api/v1/memory/task/x").status, 401);
  auto health = client.get("/api/v1/memory/health");
  CAF_CHECK_EQUAL(health.status, 200);
  CAF_CHECK_EQUAL(health.text("circuit_breaker_state"), "CLOSED");
  CAF_CHECK_EQUAL(health.text("fallback_available"), "true");
  client.sign_up("ann");
  const std::tuple<const char*, std::string, const char*> table[] = {
      {"search", "{}", "missing"},
      {"search", R"({"query":""})", "string_too_short"},
      {"search", R"({"query":7})", "string_type"},
      {"search", "{\"query\":\"" + std::string(1001, 'x') + "\"}",
       "string_too_long"},
      {"search", R"({"query":"a","limit":0})", "greater_than_equal"},
      {"search", R"({"query":"a","limit":51})", "less_than_equal"},
      {"search", R"({"query":"a","task_type":"play"})", "enum"},
      {"store", R"({"intent":"bugfix"})", "missing"},
      {"store", R"({"content":"","intent":"bugfix"})", "string_too_short"},
      {"store", R"({"content":"a"})", "missing"},
      {"store", R"({"content":"a","intent":"play"})", "enum"},
      {"store", R"({"content":"a","intent":"bugfix","task_id":""})",
       "string_too_short"},
      {"store", R"({"content":"a","intent":"bugfix","additional_metadata":[]})",
       "dict_type"},
  };
  for (auto& [route, body, type] : table) {
    auto got = client.post(std::string{"/api/v1/memory/"} + route, body);
    CAF_CHECK_EQUAL(got.status, 422);
    CAF_CHECK_EQUAL(got.detail(), type);
  }
  CAF_CHECK_EQUAL(client.get("/api/v1/memory/task/%ff").status, 422);
  CAF_CHECK_EQUAL(client.get("/api/v1/memory/task/%00").status, 400);
  for (auto words : {"\"", "a\" OR \"b", "NEAR(", "*", "content:", "'; --"})
    CAF_CHECK_EQUAL(search(*x, words).status, 200);
}
