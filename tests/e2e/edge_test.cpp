#define CAF_SUITE edge
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

void check_headers(answer& x) {
  CAF_CHECK_EQUAL(x.fields["x-request-id"].size(), 36u);
  CAF_CHECK_EQUAL(x.fields["x-content-type-options"], "nosniff");
  CAF_CHECK_EQUAL(x.fields["x-frame-options"], "DENY");
  CAF_CHECK_EQUAL(x.fields["x-xss-protection"], "1; mode=block");
  CAF_CHECK_EQUAL(x.fields["strict-transport-security"],
                  "max-age=31536000; includeSubDomains");
  CAF_CHECK_EQUAL(x.fields["content-security-policy"], "default-src 'self'");
}

} // namespace

CAF_TEST(every answer has the security headers and errors their four fields) {
  auto x = serve_sqlite();
  std::vector<std::tuple<std::string, std::string, std::string, int>> table{
      {"GET", "/api/v1/liveness", "", 200},
      {"GET", "/nowhere", "", 404},
      {"DELETE", "/api/v1/liveness", "", 405},
      {"GET", "/api/v1/tasks", "", 401},
      {"POST", "/api/v1/auth/login", "{", 422},
      {"GET", "/%zz", "", 400},
      {"GET", "/" + std::string(5000, 'a'), "", 414},
      {"POST", "/api/v1/auth/login", std::string(1'048'577, ' '), 413},
  };
  for (auto& [method, path, body, status] : table) {
    auto got = x->client.send(method, path, body);
    CAF_CHECK_EQUAL(got.status, status);
    check_headers(got);
    if (status == 200)
      continue;
    CAF_CHECK_EQUAL(got.text("error_id"), got.fields["x-request-id"]);
    CAF_CHECK_EQUAL(got.number("status_code"), status);
    CAF_CHECK_EQUAL(got.text("timestamp").size(), 24u);
    CAF_CHECK(!got.detail().empty());
  }
  auto wrong = x->client.del("/api/v1/liveness");
  CAF_CHECK_EQUAL(wrong.fields["allow"], "GET, HEAD");
}

CAF_TEST(HEAD is answered like GET without a body) {
  auto x = serve_sqlite();
  auto head = x->client.send("HEAD", "/api/v1/liveness");
  CAF_CHECK_EQUAL(head.status, 200);
  CAF_CHECK(head.body.empty());
  CAF_CHECK(std::stoi(head.fields["content-length"]) > 20);
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness/").status, 200);
}

CAF_TEST(health tells of the database and readiness follows it) {
  for_each_database([](served& x) {
    auto health = x.client.get("/health");
    CAF_CHECK_EQUAL(health.status, 200);
    CAF_CHECK_EQUAL(health.text("status"), "healthy");
    CAF_CHECK_EQUAL(health.text("database"), "connected");
    CAF_CHECK_EQUAL(health.text("memory_mcp"), "disabled");
    CAF_CHECK_EQUAL(health.text("redis"), "disabled");
    CAF_CHECK_EQUAL(health.text("version"), "1.0.0");
    CAF_CHECK(!health.text("uptime").empty());
    CAF_CHECK_EQUAL(x.client.get("/api/v1/health").status, 200);
    auto detailed = x.client.get("/api/v1/health/detailed");
    CAF_CHECK_EQUAL(detailed.text("environment"), "development");
    CAF_CHECK(detailed.number("workers") >= 1);
    auto ready = x.client.get("/api/v1/readiness");
    CAF_CHECK_EQUAL(ready.status, 200);
    CAF_CHECK_EQUAL(ready.text("ready"), "true");
    CAF_CHECK_EQUAL(x.client.get("/").text("message"),
                    "RUV SPARC UI Dashboard API");
  });
}

CAF_TEST(the tree is for admins and shows every actor with its counters) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto refused = x->client.get("/api/v1/supervision/tree");
  CAF_CHECK_EQUAL(refused.status, 403);
  CAF_CHECK_EQUAL(refused.detail(), "Admin privileges required");
  x->log_in_admin();
  auto tree = x->client.get("/api/v1/supervision/tree");
  CAF_REQUIRE_EQUAL(tree.status, 200);
  for (auto name :
       {"application", "storage", "store", "task_repository", "user_repository",
        "token_repository", "limits", "passwords", "one_for_one", "running"})
    if (tree.body.find(std::string{"\""} + name + '"') == std::string::npos)
      CAF_ERROR(name << " is not in " << tree.body);
}

CAF_TEST(forms and other bodies that are not JSON are refused) {
  auto x = serve_sqlite();
  for (auto type : {"multipart/form-data; boundary=x",
                    "application/x-www-form-urlencoded", "text/plain"}) {
    x->client.content_type = type;
    auto got = x->client.post("/api/v1/auth/login", "a=b");
    CAF_CHECK_EQUAL(got.status, 422);
    CAF_CHECK_EQUAL(got.detail(), "model_attributes_type");
  }
  x->client.content_type = "application/json; charset=utf-8";
  CAF_CHECK_EQUAL(x->client.post("/api/v1/auth/login", "{}").detail(),
                  "missing");
  CAF_CHECK_EQUAL(x->client.post("/api/v1/auth/login", "").detail(), "missing");
}

CAF_TEST(the log has a line per request and never a secret) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto refresh = x->client.log_in("ann").text("refresh_token");
  x->client.get("/api/v1/tasks?status=pending");
  x->server.signal(SIGTERM);
  CAF_CHECK_EQUAL(x->server.wait(60s).value_or(-1), 0);
  auto log = x->server.output();
  auto line = log.find("\"path\":\"/api/v1/tasks\"");
  CAF_REQUIRE(line != std::string::npos);
  line = log.rfind('\n', line) + 1;
  auto entry = parse_json(log.substr(line, log.find('\n', line) - line));
  CAF_REQUIRE(entry);
  for (auto key :
       {"timestamp", "level", "logger", "message", "request_id", "method",
        "path", "status", "duration_ms", "client_ip", "user_id"})
    CAF_CHECK(entry->HasMember(key));
  CAF_CHECK_EQUAL((*entry)["status"].GetInt(), 200);
  for (auto& secret : {std::string{"Passw0rd!"}, refresh, x->client.token})
    CAF_CHECK(log.find(secret) == std::string::npos);
}
