#define CAF_SUITE surroundings
#include "tests/support/stepped_clock.hpp"
#include "tests/support/until.hpp"
#include "tests/support/writer.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr auto task = R"({"skill_name":"x","schedule_cron":"0 9 * * *"})";
constexpr int64_t hour = 3600;

} // namespace

CAF_TEST(a log that cannot be written holds up nobody) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  x->server.signal(SIGTERM);
  CAF_REQUIRE_EQUAL(x->server.wait(30s).value_or(-1), 0);
  auto options = x->options();
  options.env["PORT"] = std::to_string(x->server.port());
  options.log = "/dev/full";
  options.wait_for_port = false;
  server_process server{options};
  until(x->client, "/api/v1/liveness", 200);
  for (int i = 0; i < 200; ++i)
    CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
  server.signal(SIGTERM);
  CAF_CHECK_EQUAL(server.wait(30s).value_or(-1), 0);
}

CAF_TEST(a clock that steps an hour either way loses and locks nothing) {
  temporary_folder folder;
  stepped_clock clock{folder.path()};
  for_each_database(
      [&](served& x) {
        clock.step(0);
        x.client.sign_up("ann");
        int64_t last = 0;
        int64_t tasks = 0;
        for (int64_t offset : {int64_t{0}, hour, int64_t{0}, -hour, hour}) {
          clock.step(offset);
          CAF_CHECK(until(x.client, "/api/v1/readiness", 200) < 2s);
          CAF_REQUIRE_EQUAL(x.client.log_in("ann").status, 200);
          auto made = x.client.post("/api/v1/tasks", task);
          CAF_CHECK_EQUAL(made.status, 201);
          CAF_CHECK(made.number("id") > last);
          last = made.number("id");
          auto list = x.client.get("/api/v1/tasks");
          CAF_CHECK_EQUAL(list.number("total"), ++tasks);
        }
        CAF_CHECK_EQUAL(x.count("SELECT max(position) - count(*) FROM events"),
                        0);
      },
      clock.env());
}

CAF_TEST(a token lives by the clock of its server) {
  temporary_folder folder;
  stepped_clock clock{folder.path()};
  auto x = serve_sqlite(clock.env());
  x->client.sign_up("ann");
  CAF_CHECK_EQUAL(x->client.get("/api/v1/auth/me").status, 200);
  clock.step(hour + 1);
  CAF_CHECK_EQUAL(x->client.get("/api/v1/auth/me").status, 401);
  clock.step(0);
  CAF_CHECK_EQUAL(x->client.get("/api/v1/auth/me").status, 200);
}

CAF_TEST(a rate limit never outlives its minute because the clock stepped) {
  temporary_folder folder;
  stepped_clock clock{folder.path()};
  auto env = clock.env();
  env["RATE_LIMIT_ENABLED"] = "true";
  env["RATE_LIMIT_PER_MINUTE"] = "5";
  auto x = serve_sqlite(env);
  x->client.sign_up("ann");
  answer got;
  for (int i = 0; i < 6; ++i)
    got = x->client.get("/api/v1/tasks");
  CAF_REQUIRE_EQUAL(got.status, 429);
  for (int64_t offset : {hour, -hour, int64_t{0}}) {
    clock.step(offset);
    got = x->client.get("/api/v1/tasks");
    CAF_CHECK_EQUAL(got.status, 429);
    auto wait = std::stoll(got.fields["retry-after"]);
    CAF_CHECK(wait >= 1 && wait <= 60);
  }
}
