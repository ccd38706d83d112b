#define CAF_SUITE openapi
#include "net/openapi_operation.hpp"
#include "net/routes.hpp"
#include "tests/support/answer_check.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <set>

using namespace callboard;
using namespace callboard::test;

namespace {

using operations = std::set<std::string>;

operations documented(const json_document& document) {
  operations out;
  for (auto& path : document["paths"].GetObject())
    for (auto& x : path.value.GetObject())
      out.insert(x.name.GetString() + std::string{" "} + path.name.GetString());
  return out;
}

operations routed() {
  net::router table;
  net::add_routes(table);
  operations out;
  for (auto* x : table.all()) {
    auto verb = net::lower_name_of_verb(x->method) + ' ';
    out.insert(verb + std::string{x->pattern});
    for (auto& alias : net::aliases(x->pattern))
      out.insert(verb + alias);
  }
  return out;
}

/// The rows of rest-api.md sections 2, 11 and 12 that are served.
constexpr const char* rows[] = {
    // section 2
    "get /api/v1/health",
    "get /api/v1/health/detailed",
    "get /api/v1/readiness",
    "get /api/v1/liveness",
    "post /api/v1/tasks",
    "get /api/v1/tasks",
    "get /api/v1/tasks/{task_id}",
    "put /api/v1/tasks/{task_id}",
    "delete /api/v1/tasks/{task_id}",
    "post /api/v1/projects",
    "get /api/v1/projects",
    "get /api/v1/projects/{project_id}",
    "put /api/v1/projects/{project_id}",
    "delete /api/v1/projects/{project_id}",
    "get /api/v1/agents",
    "get /api/v1/agents/{agent_id}",
    "post /api/v1/agents/activity",
    "put /api/v1/agents/{agent_id}",
    "delete /api/v1/agents/{agent_id}",
    "post /api/v1/memory/search",
    "post /api/v1/memory/store",
    "get /api/v1/memory/task/{task_id}",
    "get /api/v1/memory/health",
    "post /api/v1/agents",
    "get /api/v1/memory/projects/{project_id}/summary",
    "post /api/v1/auth/register",
    "post /api/v1/auth/login",
    "post /api/v1/auth/refresh",
    "post /api/v1/auth/logout",
    "get /api/v1/auth/me",
    "put /api/v1/auth/me",
    "post /api/v1/auth/change-password",
    "get /api/v1/auth/sessions",
    "delete /api/v1/auth/sessions/{session_id}",
    "delete /api/v1/auth/sessions",
    "get /",
    "get /health",
    "get /api/docs",
    "get /api/redoc",
    "get /api/openapi.json",
    // section 11
    "get /metrics",
    "post /api/v1/tasks/{task_id}/run",
    "get /api/v1/tasks/{task_id}/history",
    "put /api/v1/agents/{agent_id}/status",
    "get /api/v1/audit",
    "get /api/v1/projects/{project_id}/tasks",
    "post /api/v1/projects/{project_id}/tasks/reorder",
    // section 12
    "get /api/tasks",
    "post /api/tasks",
    "patch /api/tasks/{task_id}",
    "put /api/tasks/{task_id}",
    "delete /api/tasks/{task_id}",
    "get /api/tasks/{task_id}",
    "post /api/tasks/{task_id}/run",
    "get /api/projects",
    "post /api/projects",
    "patch /api/projects/{project_id}",
    "delete /api/projects/{project_id}",
    "get /api/projects/{project_id}",
    "get /api/projects/{project_id}/tasks",
    "post /api/projects/{project_id}/tasks/reorder",
    "get /api/agents",
    "post /api/agents",
    "patch /api/agents/{agent_id}",
    "delete /api/agents/{agent_id}",
    "post /api/agents/{agent_id}/execute",
    "get /api/agent-activity",
    "post /api/auth/register",
    "post /api/auth/login",
    "post /api/auth/refresh",
    "post /api/auth/logout",
    "get /api/auth/me",
    "put /api/auth/me",
    "post /api/auth/change-password",
    "get /api/auth/sessions",
    "delete /api/auth/sessions",
    "delete /api/auth/sessions/{session_id}",
    "get /api/users/me",
    "patch /api/users/me",
    // section 9
    "get /api/sync/conflicts",
    "post /api/sync/conflicts/{conflict_id}/resolve",
    "get /api/sync/status",
    "post /api/sync/trigger",
    "delete /api/sync/conflicts",
    // section 10
    "get /ws",
    "get /ws/sync",
    "get /ws/health",
};

} // namespace

CAF_TEST(the document has the operations of the routes and no others) {
  auto x = serve_sqlite();
  auto got = x->client.get("/api/openapi.json");
  CAF_REQUIRE_EQUAL(got.status, 200);
  auto document = got.json();
  CAF_CHECK_EQUAL(got.text("openapi"), "3.1.0");
  CAF_CHECK_EQUAL(std::string{document["info"]["title"].GetString()},
                  "RUV SPARC UI Dashboard API");
  auto shown = documented(document);
  auto served = routed();
  for (auto& name : shown)
    if (served.count(name) == 0)
      CAF_ERROR("nothing serves " << name);
  for (auto& name : served)
    if (shown.count(name) == 0)
      CAF_ERROR("is not shown: " << name);
  x->client.extra = {"If-None-Match: " + got.fields["etag"]};
  CAF_CHECK_EQUAL(x->client.get("/api/openapi.json").status, 304);
}

CAF_TEST(every row of the endpoint tables is served) {
  auto shown = documented(answer_check::shared().document());
  for (auto* row : rows)
    if (shown.count(row) == 0)
      CAF_ERROR("is not served: " << row);
}

CAF_TEST(production shows neither the document nor its pages) {
  auto x = serve_sqlite({{"ENVIRONMENT", "production"},
                         {"JWT_SECRET_KEY", "0Zk3v9Qw7LxT2mB8yRf6HnC4dJs1GpUa"},
                         {"PASSWORD_COST", "12"},
                         {"HOST", "127.0.0.1"},
                         {"ALLOWED_HOSTS", "127.0.0.1"}});
  for (auto path : {"/api/openapi.json", "/api/docs", "/api/redoc",
                    "/api/docs/", "/api/docs/swagger.js"}) {
    auto got = x->client.get(path);
    CAF_CHECK_EQUAL(got.status, 404);
    CAF_CHECK_EQUAL(got.detail(), "Not Found");
  }
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").status, 200);
}

CAF_TEST(pages have a policy of their own and nothing else has) {
  auto x = serve_sqlite();
  auto policy = [&](const char* path) {
    return x->client.get(path).fields["content-security-policy"];
  };
  for (auto path : {"/api/docs", "/api/redoc"}) {
    auto got = x->client.get(path);
    CAF_CHECK_EQUAL(got.fields["content-type"], "text/html; charset=utf-8");
    CAF_CHECK(policy(path).find("script-src 'self';") != std::string::npos);
    CAF_CHECK(policy(path).find("'unsafe-eval'") == std::string::npos);
  }
  for (auto path : {"/api/docs/swagger.js", "/api/openapi.json", "/health"})
    CAF_CHECK_EQUAL(policy(path), "default-src 'self'");
  auto script = x->client.get("/api/docs/swagger-ui-bundle.js");
  CAF_CHECK_EQUAL(script.fields["content-type"],
                  "text/javascript; charset=utf-8");
  CAF_CHECK(script.body.size() > 1'000'000);
  for (auto path : {"/api/docs/swagger.html", "/api/docs/absent.js",
                    "/api/docs/..%2fpackage.json"})
    CAF_CHECK_EQUAL(x->client.get(path).status, 404);
}

CAF_TEST(an answer that the document does not allow is noticed) {
  auto x = serve_sqlite();
  auto good = x->client.get("/api/v1/liveness");
  auto& check = answer_check::shared();
  CAF_CHECK_EQUAL(check.problem("GET", "/api/v1/liveness?a=b", good), "");
  auto changed = [&](auto change) {
    auto bad = good;
    change(bad);
    return check.problem("GET", "/api/v1/liveness", bad);
  };
  CAF_CHECK_EQUAL(changed([](answer& a) { a.status = 201; }),
                  "has an undocumented status");
  CAF_CHECK_EQUAL(changed([](answer& a) { a.body = R"({"alive":true})"; }),
                  "$: lacks timestamp");
  CAF_CHECK_EQUAL(
      changed([](answer& a) { a.fields["content-type"] = "text/plain"; }),
      "has the undocumented content type text/plain");
  CAF_CHECK_EQUAL(changed([](answer& a) { a.fields["etag"] = "\"1\""; }),
                  "has the undocumented field ETag");
  auto lost = x->client.get("/nowhere");
  CAF_CHECK_EQUAL(lost.status, 404);
  lost.body = "{}";
  CAF_CHECK(!check.problem("GET", "/nowhere", lost).empty());
}
