#define CAF_SUITE browser
#include "tests/support/raw_client.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

constexpr auto page = "Origin: http://localhost:5173";
constexpr auto stranger = "Origin: http://evil.example";

answer preflight(served& x, const char* origin, const char* method,
                 const std::string& path = "/api/v1/tasks") {
  x.client.extra
      = {origin, std::string{"Access-Control-Request-Method: "} + method,
         "Access-Control-Request-Headers: authorization, x-mine"};
  return x.client.send("OPTIONS", path);
}

} // namespace

CAF_TEST(a preflight is answered without a token and is never counted) {
  auto x = serve_sqlite(
      {{"RATE_LIMIT_ENABLED", "true"}, {"RATE_LIMIT_PER_MINUTE", "1"}});
  for (int i = 0; i < 5; ++i) {
    auto got = preflight(*x, page, "PUT");
    CAF_CHECK_EQUAL(got.status, 200);
    CAF_CHECK_EQUAL(got.fields["access-control-allow-origin"],
                    "http://localhost:5173");
    CAF_CHECK_EQUAL(got.fields["access-control-allow-credentials"], "true");
    CAF_CHECK_EQUAL(got.fields["access-control-allow-methods"],
                    "GET, POST, PUT, DELETE, PATCH");
    CAF_CHECK_EQUAL(got.fields["access-control-allow-headers"],
                    "authorization, x-mine");
    CAF_CHECK_EQUAL(got.fields["access-control-max-age"], "600");
    CAF_CHECK_EQUAL(got.fields["vary"].substr(0, 6), "Origin");
    CAF_CHECK_EQUAL(got.fields.count("x-ratelimit-limit"), 0u);
  }
}

CAF_TEST(a preflight of a stranger or for a foreign verb is refused) {
  auto x = serve_sqlite();
  for (auto& got :
       {preflight(*x, stranger, "GET"), preflight(*x, "Origin: null", "GET"),
        preflight(*x, page, "TRACE")}) {
    CAF_CHECK_EQUAL(got.status, 400);
    CAF_CHECK(got.detail().starts_with("Disallowed CORS "));
    CAF_CHECK_EQUAL(got.fields.count("access-control-allow-origin"), 0u);
    CAF_CHECK_EQUAL(got.fields.count("access-control-allow-methods"), 0u);
  }
}

CAF_TEST(answers and errors carry the origin of the page and never a star) {
  auto x = serve_sqlite({{"CORS_ORIGINS", R"(["http://localhost:5173"])"}});
  x->client.extra = {page};
  for (auto path : {"/api/v1/liveness", "/nowhere", "/api/v1/tasks"}) {
    auto got = x->client.get(path);
    CAF_CHECK_EQUAL(got.fields["access-control-allow-origin"],
                    "http://localhost:5173");
    CAF_CHECK_EQUAL(got.fields["access-control-allow-credentials"], "true");
    CAF_CHECK(got.fields["access-control-expose-headers"].find(
                  "X-RateLimit-Remaining")
              != std::string::npos);
    CAF_CHECK(got.fields["vary"].find("Origin") != std::string::npos);
  }
  for (auto origin : {stranger, "Origin: http://localhost:3000"}) {
    x->client.extra = {origin};
    auto got = x->client.get("/api/v1/liveness");
    CAF_CHECK_EQUAL(got.status, 200);
    CAF_CHECK_EQUAL(got.fields.count("access-control-allow-origin"), 0u);
    CAF_CHECK_EQUAL(got.fields["vary"], "Origin");
  }
  x->client.extra = {};
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").fields.count("vary"), 0u);
}

CAF_TEST(production answers to its own names alone) {
  settings_map env{{"ENVIRONMENT", "production"},
                   {"JWT_SECRET_KEY", "0Zk3v9Qw7LxT2mB8yRf6HnC4dJs1GpUa"},
                   {"PASSWORD_COST", "12"},
                   {"HOST", "127.0.0.1"},
                   {"ALLOWED_HOSTS", "*.board.test,127.0.0.1"}};
  auto x = serve_sqlite(env);
  auto ask = [&](const std::string& host) {
    raw_client raw{x->server.port()};
    raw.send("GET /api/v1/liveness HTTP/1.1\r\nConnection: close\r\n" + host
             + "\r\n");
    return raw.read_all(std::chrono::seconds{10});
  };
  for (auto host : {"Host: 127.0.0.1\r\n", "Host: a.board.test:8000\r\n"})
    CAF_CHECK(ask(host).starts_with("HTTP/1.1 200 "));
  for (auto host : {"Host: localhost\r\n", "Host: board.test\r\n",
                    "Host: a.board.test.evil.com\r\n"}) {
    auto got = ask(host);
    CAF_CHECK(got.starts_with("HTTP/1.1 400 "));
    CAF_CHECK(got.find("\"detail\":\"Invalid host header\"")
              != std::string::npos);
  }
  auto development = serve_sqlite({{"ALLOWED_HOSTS", "board.test"}});
  CAF_CHECK_EQUAL(development->client.get("/api/v1/liveness").status, 200);
}
