#define CAF_SUITE edge
#include "tests/support/row_lock.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>
#include <future>
#include <memory>
#include <thread>

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

/// A user's change of a task that another session has locked.
class waiting_change {
public:
  explicit waiting_change(served& x) {
    x.client.sign_up("ann");
    auto id = std::to_string(
        x.client
            .post("/api/v1/tasks",
                  R"({"skill_name":"x","schedule_cron":"0 9 * * *"})")
            .number("id"));
    lock_ = std::make_unique<row_lock>(
        x.database_url,
        "SELECT 1 FROM scheduled_tasks WHERE id = " + id + " FOR UPDATE");
    answer_ = std::async(std::launch::async, [&x, id] {
      api client{x.server.port()};
      client.token = x.client.token;
      return client.put("/api/v1/tasks/" + id, R"({"title":"t"})");
    });
    std::this_thread::sleep_for(200ms); // the change is at its lock
  }

  /// Lets it go on; its answer.
  answer finish() {
    lock_->release();
    return answer_.get();
  }

private:
  std::unique_ptr<row_lock> lock_;
  std::future<answer> answer_;
};

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
    CAF_CHECK_EQUAL(health.text("websocket"), "active");
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

CAF_TEST(an agent of any bytes is stored as text) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    for (auto& agent :
         {std::string{"\xff\xfe agent"}, std::string{"\xc3"},
          std::string(499, 'a') + "\xc3\xa9", std::string(2000, 'b')}) {
      x.client.extra = {"User-Agent: " + agent};
      CAF_CHECK_EQUAL(x.client.log_in("ann").status, 200);
      CAF_CHECK_EQUAL(x.client
                          .post("/api/v1/tasks",
                                R"({"skill_name":"x",)"
                                R"("schedule_cron":"0 9 * * *"})")
                          .status,
                      201);
      auto sessions = x.client.get("/api/v1/auth/sessions");
      CAF_CHECK_EQUAL(sessions.status, 200);
      CAF_CHECK(parse_json(sessions.body));
    }
  });
}

CAF_TEST(an id of the client is taken only where that is wanted) {
  constexpr auto given = "0f0e0d0c-0b0a-4908-8706-050403020100";
  auto answered = [&](served& x, const std::string& id) {
    x.client.extra = {"X-Request-ID: " + id};
    return x.client.get("/nowhere").fields["x-request-id"];
  };
  auto closed = serve_sqlite();
  CAF_CHECK(answered(*closed, given) != given);
  auto open = serve_sqlite({{"TRUST_REQUEST_ID", "true"}});
  CAF_CHECK_EQUAL(answered(*open, given), given);
  for (auto bad : {"x", "0f0e0d0c-0b0a-4908-8706-05040302010g", ""})
    CAF_CHECK_EQUAL(answered(*open, bad).size(), 36u);
}

CAF_TEST(one connection too many is told so) {
  auto x = serve_sqlite({{"MAX_CONNECTIONS", "2"}});
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").status, 200);
  api second{x->server.port()};
  CAF_CHECK_EQUAL(second.get("/api/v1/liveness").status, 200);
  api third{x->server.port()};
  auto refused = third.get("/api/v1/liveness");
  CAF_CHECK_EQUAL(refused.status, 503);
  CAF_CHECK_EQUAL(refused.detail(), "Too many connections");
  CAF_CHECK_EQUAL(refused.text("error_id"), refused.fields["x-request-id"]);
  CAF_CHECK(!refused.fields["retry-after"].empty());
  check_headers(refused);
  second.close();
  answer again;
  for (int i = 0; i < 100 && again.status != 200; ++i)
    again = third.get("/api/v1/liveness"); // the server has yet to notice
  CAF_CHECK_EQUAL(again.status, 200);
}

CAF_TEST(a server that ends says that it is not ready and closes) {
  auto x = serve_postgres();
  waiting_change busy{*x};
  api probe{x->server.port()};
  CAF_CHECK_EQUAL(probe.get("/api/v1/readiness").status, 200);
  x->server.signal(SIGTERM);
  std::this_thread::sleep_for(100ms); // the signal is heard
  auto said = probe.get("/api/v1/readiness");
  CAF_CHECK_EQUAL(said.status, 503);
  CAF_CHECK_EQUAL(said.text("reason"), "shutting_down");
  CAF_CHECK_EQUAL(said.fields["connection"], "close");
  auto got = busy.finish();
  CAF_CHECK_EQUAL(got.status, 200); // what runs is finished
  CAF_CHECK_EQUAL(got.fields["connection"], "close");
  CAF_CHECK_EQUAL(x->server.wait(60s).value_or(-1), 0);
}

CAF_TEST(a second signal ends the server at once) {
  auto x = serve_postgres();
  waiting_change busy{*x};
  x->server.signal(SIGTERM);
  std::this_thread::sleep_for(100ms); // the first is heard
  x->server.signal(SIGTERM);
  CAF_CHECK_EQUAL(x->server.wait(20s).value_or(-1), 1); // not its 30 s
  CAF_CHECK_EQUAL(busy.finish().status, 0);
  CAF_CHECK(x->server.output().find("second signal") != std::string::npos);
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
        "token_repository", "limits", "passwords", "one_for_one", "running",
        "event_feed", "hub-1", "presence", "sessions-1"})
    if (tree.body.find(std::string{"\""} + name + '"') == std::string::npos)
      CAF_ERROR(name << " is not in " << tree.body);
  // Sessions outlive the feed, hubs and presence.
  CAF_CHECK(tree.body.find(R"({"id":"realtime","kind":"supervisor",)"
                           R"("strategy":"one_for_one")")
            != std::string::npos);
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

CAF_TEST(statements are in the log where developers want them) {
  auto said = [](const settings_map& env) {
    auto x = serve_sqlite(env);
    x->client.sign_up("ann");
    x->server.signal(SIGTERM);
    CAF_CHECK_EQUAL(x->server.wait(60s).value_or(-1), 0);
    return x->server.output();
  };
  auto loud = said({{"LOG_LEVEL", "DEBUG"}});
  CAF_CHECK(loud.find("INSERT INTO users") != std::string::npos);
  CAF_CHECK(loud.find("ann@example.com") == std::string::npos);
  CAF_CHECK(said({{"LOG_LEVEL", "DEBUG"}, {"DEBUG", "false"}})
                .find("INSERT INTO users")
            == std::string::npos);
  CAF_CHECK(said({}).find("INSERT INTO users") == std::string::npos);
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
