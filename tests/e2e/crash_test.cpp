#define CAF_SUITE crash
#include "tests/support/row_lock.hpp"
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

} // namespace

CAF_TEST(every acknowledged write is there after kill - 9 under load) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    x.server.signal(SIGKILL);
    x.server.wait(10s);
    promises acknowledged;
    int kept = 0;
    for (int i = 0; i < rounds(3, 50); ++i) {
      server_process server{x.options()};
      writers load{4, server.port(), x.client.token};
      std::this_thread::sleep_for(
          std::chrono::milliseconds{300 + i * 37 % 400});
      server.signal(SIGKILL);
      server.wait(10s);
      load.finish();
      acknowledged.insert(load.acknowledged.begin(), load.acknowledged.end());
      kept += load.kept;
    }
    CAF_REQUIRE(kept > 20);
    server_process again{x.options()};
    api client{again.port()};
    client.token = x.client.token;
    check_history(x, client, acknowledged);
  });
}

CAF_TEST(SIGTERM under load fails no request and ends with 0) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    x.server.signal(SIGTERM);
    x.server.wait(40s);
    for (int i = 0; i < rounds(2, 20); ++i) {
      server_process server{x.options()};
      writers load{6, server.port(), x.client.token};
      std::this_thread::sleep_for(300ms); // some load to end under
      server.signal(SIGTERM);
      CAF_CHECK_EQUAL(server.wait(40s).value_or(-1), 0);
      load.finish();
      CAF_CHECK(!load.acknowledged.empty());
      CAF_CHECK_EQUAL(load.refused, 0);
      CAF_CHECK_EQUAL(load.broken, 0);
      CAF_CHECK(server.output().find("\"stopped\"") != std::string::npos);
    }
  });
}

CAF_TEST(a full server refuses with a hint but is alive) {
  auto x = serve_postgres({{"MAX_IN_FLIGHT", "1"}});
  x->client.sign_up("ann");
  auto id = x->client.post("/api/v1/tasks", task).number("id");
  auto path = "/api/v1/tasks/" + std::to_string(id);
  row_lock lock{x->database_url, "SELECT 1 FROM scheduled_tasks WHERE id = "
                                     + std::to_string(id) + " FOR UPDATE"};
  std::thread waits{[&] {
    api client{x->server.port()};
    client.token = x->client.token;
    int status = 503; // until it takes the only place
    while (status == 503)
      status = client.put(path, R"({"title":"t"})").status;
    CAF_CHECK_EQUAL(status, 200);
  }};
  auto refused = [&] {
    auto got = x->client.get(path);
    return got.status == 503 && got.detail() == "Too many requests in flight"
           && !got.fields["retry-after"].empty();
  };
  auto end = std::chrono::steady_clock::now() + 4s;
  while (!refused() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(5ms); // the other one is on its way
  CAF_CHECK(refused());
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").status, 200);
  lock.release();
  waits.join();
  CAF_CHECK_EQUAL(x->client.get(path).status, 200);
}
