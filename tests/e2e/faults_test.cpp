#define CAF_SUITE faults
#include "tests/support/row_lock.hpp"
#include "tests/support/served.hpp"
#include "tests/support/temporary_postgres.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>
#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

using clock = std::chrono::steady_clock;

constexpr auto task = R"({"skill_name":"x","schedule_cron":"0 9 * * *"})";

/// Creates tasks until told to stop; what was acknowledged.
struct writer {
  writer(uint16_t port, std::string token)
      : thread_([this, port, token = std::move(token)] {
          api client{port};
          client.token = token;
          while (!stop_) {
            auto got = client.post("/api/v1/tasks", task);
            if (got.status == 201)
              acknowledged.push_back(got.number("id"));
            else
              ++refused;
          }
        }) {}

  ~writer() { finish(); }

  void finish() {
    stop_ = true;
    if (thread_.joinable())
      thread_.join();
  }

  std::vector<int64_t> acknowledged;
  int refused = 0;

private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// Asks until the path answers `status`; how long it took.
std::chrono::milliseconds until(api& client, const std::string& path,
                                int status) {
  auto begin = clock::now();
  while (clock::now() - begin < 30s) {
    if (client.get(path).status == status)
      break;
    std::this_thread::sleep_for(20ms); // nothing tells when it changes
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now()
                                                               - begin);
}

} // namespace

CAF_TEST(every acknowledged write is there after kill - 9 under load) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    std::vector<int64_t> acknowledged;
    {
      std::vector<std::unique_ptr<writer>> writers;
      for (int i = 0; i < 4; ++i)
        writers.push_back(
            std::make_unique<writer>(x.server.port(), x.client.token));
      std::this_thread::sleep_for(1500ms); // the load that is interrupted
      x.server.signal(SIGKILL);
      x.server.wait(10s);
      for (auto& w : writers) {
        w->finish();
        acknowledged.insert(acknowledged.end(), w->acknowledged.begin(),
                            w->acknowledged.end());
      }
    }
    CAF_REQUIRE(acknowledged.size() > 20);
    server_process again{x.options()};
    api client{again.port()};
    client.token = x.client.token;
    for (auto id : acknowledged)
      if (client.get("/api/v1/tasks/" + std::to_string(id)).status != 200)
        CAF_ERROR("lost: task " << id);
    // What stands in the database is whole: each task has its audit entry and
    // its event, and no position is missing.
    CAF_CHECK_EQUAL(
        x.count(
            "SELECT (SELECT count(*) FROM scheduled_tasks) - (SELECT count(*) "
            "FROM audit_logs WHERE table_name = 'scheduled_tasks')"),
        0);
    CAF_CHECK_EQUAL(x.count("SELECT (SELECT count(*) FROM scheduled_tasks) - "
                            "(SELECT count(*) FROM events)"),
                    0);
    CAF_CHECK_EQUAL(x.count("SELECT max(position) - count(*) FROM events"), 0);
    CAF_CHECK(x.count("SELECT count(*) FROM scheduled_tasks")
              >= static_cast<int64_t>(acknowledged.size()));
  });
}

CAF_TEST(SIGTERM finishes what runs and ends with 0) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    writer load{x.server.port(), x.client.token};
    std::this_thread::sleep_for(300ms); // some load to end under
    x.server.signal(SIGTERM);
    CAF_CHECK_EQUAL(x.server.wait(40s).value_or(-1), 0);
    load.finish();
    CAF_CHECK(x.count("SELECT count(*) FROM scheduled_tasks")
              == static_cast<int64_t>(load.acknowledged.size()));
    CAF_CHECK(x.server.output().find("\"stopped\"") != std::string::npos);
  });
}

CAF_TEST(
    a database that is gone gives 503 with a hint and comes back by itself) {
  auto x = serve_postgres({{"DB_DEADLINE_MS", "2000"}});
  x->client.sign_up("ann");
  auto& server = temporary_postgres::shared();
  server.stop();
  auto took = until(x->client, "/api/v1/readiness", 503);
  CAF_CHECK(took < 5s);
  auto refused = x->client.post("/api/v1/tasks", task);
  CAF_CHECK_EQUAL(refused.status, 503);
  CAF_CHECK(!refused.fields["retry-after"].empty());
  CAF_CHECK_EQUAL(x->client.get("/api/v1/readiness").text("reason"),
                  "database_unavailable");
  auto health = x->client.get("/health");
  CAF_CHECK_EQUAL(health.status, 200);
  CAF_CHECK_EQUAL(health.text("database"), "disconnected");
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").status, 200);
  server.start();
  CAF_CHECK(until(x->client, "/api/v1/readiness", 200) < 5s);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
}

CAF_TEST(nothing acknowledged is lost when the database dies under load) {
  auto x = serve_postgres({{"DB_DEADLINE_MS", "2000"}});
  x->client.sign_up("ann");
  auto& server = temporary_postgres::shared();
  std::vector<std::unique_ptr<writer>> writers;
  for (int i = 0; i < 4; ++i)
    writers.push_back(
        std::make_unique<writer>(x->server.port(), x->client.token));
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(300ms); // the load that is interrupted
    server.stop();
    until(x->client, "/api/v1/readiness", 503);
    server.start();
    CAF_CHECK(until(x->client, "/api/v1/readiness", 200) < 5s);
  }
  std::vector<int64_t> acknowledged;
  int refused = 0;
  for (auto& w : writers) {
    w->finish();
    refused += w->refused;
    acknowledged.insert(acknowledged.end(), w->acknowledged.begin(),
                        w->acknowledged.end());
  }
  CAF_CHECK(refused > 0);
  CAF_REQUIRE(acknowledged.size() > 20);
  for (auto id : acknowledged)
    if (x->client.get("/api/v1/tasks/" + std::to_string(id)).status != 200)
      CAF_ERROR("lost: task " << id);
  CAF_CHECK_EQUAL(x->count("SELECT (SELECT count(*) FROM scheduled_tasks) - "
                           "(SELECT count(*) FROM events)"),
                  0);
  CAF_CHECK_EQUAL(x->count("SELECT max(position) - count(*) FROM events"), 0);
}

CAF_TEST(a frozen database is answered for within the deadline) {
  auto x = serve_postgres({{"DB_DEADLINE_MS", "2000"}});
  x->client.sign_up("ann");
  auto before = x->client.post("/api/v1/tasks", task).number("id");
  auto& server = temporary_postgres::shared();
  server.freeze();
  auto begin = clock::now();
  auto refused = x->client.post("/api/v1/tasks", task);
  CAF_CHECK_EQUAL(refused.status, 503);
  CAF_CHECK(clock::now() - begin < 4s);
  CAF_CHECK(until(x->client, "/api/v1/readiness", 503) < 5s);
  server.thaw();
  CAF_CHECK(until(x->client, "/api/v1/readiness", 200) < 5s);
  CAF_CHECK_EQUAL(
      x->client.get("/api/v1/tasks/" + std::to_string(before)).status, 200);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
}

CAF_TEST(a row locked by somebody else holds up nobody but its own callers) {
  auto x = serve_postgres();
  x->client.sign_up("ann");
  auto locked = x->client.post("/api/v1/tasks", task).number("id");
  auto free = x->client.post("/api/v1/tasks", task).number("id");
  row_lock lock{x->database_url, "SELECT 1 FROM scheduled_tasks WHERE id = "
                                     + std::to_string(locked) + " FOR UPDATE"};
  auto put = [&](int64_t id) {
    api client{x->server.port()};
    client.token = x->client.token;
    return client.put("/api/v1/tasks/" + std::to_string(id), R"({"title":"t"})")
        .status;
  };
  int blocked = 0;
  std::thread waits{[&] { blocked = put(locked); }};
  std::this_thread::sleep_for(300ms); // its lock timeout has passed
  for (int i = 0; i < 10; ++i)
    CAF_CHECK_EQUAL(put(free), 200);
  lock.release();
  waits.join();
  CAF_CHECK_EQUAL(blocked, 200);
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
  auto end = clock::now() + 4s;
  while (!refused() && clock::now() < end)
    std::this_thread::sleep_for(5ms); // the other one is on its way
  CAF_CHECK(refused());
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").status, 200);
  lock.release();
  waits.join();
  CAF_CHECK_EQUAL(x->client.get(path).status, 200);
}
