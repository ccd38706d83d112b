#define CAF_SUITE limits
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

const settings_map limited{{"RATE_LIMIT_ENABLED", "true"}};

} // namespace

CAF_TEST(request 101 of a minute is refused with every header of the contract) {
  auto x = serve_sqlite(limited);
  for (int i = 1; i <= 100; ++i) {
    auto got = x->client.get("/api/v1/tasks");
    CAF_REQUIRE_EQUAL(got.status, 401); // failures count too
    CAF_CHECK_EQUAL(got.fields["x-ratelimit-limit"], "100");
    CAF_CHECK_EQUAL(got.fields["x-ratelimit-remaining"],
                    std::to_string(100 - i));
  }
  auto refused = x->client.get("/nowhere");
  CAF_CHECK_EQUAL(refused.status, 429);
  CAF_CHECK_EQUAL(refused.detail(), "Rate limit exceeded: 100 per 1 minute");
  CAF_CHECK_EQUAL(refused.text("error"), refused.detail());
  auto wait = std::stoi(refused.fields["retry-after"]);
  CAF_CHECK(wait >= 1 && wait <= 60);
  CAF_CHECK(!refused.fields["x-ratelimit-reset"].empty());
}

CAF_TEST(the auth bucket counts apart and health is never counted) {
  auto x = serve_sqlite(limited);
  for (int i = 0; i < 50; ++i)
    CAF_REQUIRE_EQUAL(x->client.post("/api/v1/auth/login", "{}").status, 422);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/auth/login", "{}").status, 429);
  CAF_CHECK_EQUAL(x->client.get("/api/v1/auth/me").status, 401);
  for (int i = 0; i < 150; ++i)
    CAF_REQUIRE_EQUAL(x->client.get("/api/v1/liveness").status, 200);
  CAF_CHECK(x->client.get("/health").fields.count("x-ratelimit-limit") == 0);
}

CAF_TEST(an exempt address is not limited) {
  auto env = limited;
  env["RATE_LIMIT_EXEMPT"] = "127.0.0.0/8";
  auto x = serve_sqlite(env);
  for (int i = 0; i < 150; ++i)
    CAF_REQUIRE_EQUAL(x->client.get("/nowhere").status, 404);
}

CAF_TEST(a forwarded address counts only when a trusted proxy says so) {
  auto env = limited;
  env["RATE_LIMIT_PER_MINUTE"] = "2";
  auto spend = [](served& x, const char* who) {
    x.client.extra = {std::string{"X-Forwarded-For: "} + who};
    return x.client.get("/nowhere").status;
  };
  auto direct = serve_sqlite(env);
  CAF_CHECK_EQUAL(spend(*direct, "10.0.0.1"), 404);
  CAF_CHECK_EQUAL(spend(*direct, "10.0.0.2"), 404);
  CAF_CHECK_EQUAL(spend(*direct, "10.0.0.3"), 429);
  env["TRUSTED_PROXIES"] = "127.0.0.1/32";
  auto behind = serve_sqlite(env);
  CAF_CHECK_EQUAL(spend(*behind, "10.0.0.1"), 404);
  CAF_CHECK_EQUAL(spend(*behind, "10.0.0.1"), 404);
  CAF_CHECK_EQUAL(spend(*behind, "9.9.9.9, 10.0.0.1"), 429);
  CAF_CHECK_EQUAL(spend(*behind, "10.0.0.2"), 404);
  // A proxy may add a line of its own behind the client's.
  behind->client.extra
      = {"X-Forwarded-For: 10.0.0.7", "X-Forwarded-For: 10.0.0.1"};
  CAF_CHECK_EQUAL(behind->client.get("/nowhere").status, 429);
  // IPv6 clients are counted by their /64.
  CAF_CHECK_EQUAL(spend(*behind, "2001:db8::1"), 404);
  CAF_CHECK_EQUAL(spend(*behind, "2001:db8::2"), 404);
  CAF_CHECK_EQUAL(spend(*behind, "2001:db8::3"), 429);
}
