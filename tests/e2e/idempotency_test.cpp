#define CAF_SUITE idempotency
#include "protocols/digest.hpp"
#include "tests/support/row_lock.hpp"
#include "tests/support/served.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>
#include <mutex>
#include <set>
#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr auto task = R"({"skill_name":"x","schedule_cron":"0 9 * * *"})";
constexpr auto other = R"({"skill_name":"y","schedule_cron":"0 9 * * *"})";

answer post_with(api& client, const std::string& key,
                 const std::string& body = task,
                 const std::string& path = "/api/v1/tasks") {
  client.extra = {"Idempotency-Key: " + key};
  auto out = client.post(path, body);
  client.extra = {};
  return out;
}

int64_t tasks(const served& x) {
  return x.count("SELECT count(*) FROM scheduled_tasks");
}

/// Same status, headers and body.
void check_replay(answer& first, answer& again) {
  CAF_CHECK_EQUAL(again.status, first.status);
  CAF_CHECK_EQUAL(again.body, first.body);
  for (auto name : {"location", "etag", "content-type"})
    CAF_CHECK_EQUAL(again.fields[name], first.fields[name]);
  CAF_CHECK(again.fields["x-request-id"] != first.fields["x-request-id"]);
}

/// What came of one key used by many at once.
struct burst {
  std::mutex mutex; // guards what follows
  std::set<std::string> bodies;
  int created = 0;
  int conflicts = 0;
  int others = 0;

  void send(uint16_t port, const std::string& token, const std::string& key) {
    api client{port};
    client.token = token;
    auto got = post_with(client, key);
    std::lock_guard guard{mutex};
    if (got.status == 201)
      bodies.insert(got.body);
    ++(got.status == 201 ? created : got.status == 409 ? conflicts : others);
  }
};

} // namespace

CAF_TEST(a repeated request is answered as the first one was) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto first = post_with(x.client, "k1");
    CAF_CHECK_EQUAL(first.status, 201);
    CAF_CHECK(!first.fields["etag"].empty());
    // What happens to the task afterwards is no matter.
    x.client.put("/api/v1/tasks/1", R"({"title":"changed"})");
    for (auto key : {"k1", "\"k1\""}) {
      auto again = post_with(x.client, key);
      check_replay(first, again);
    }
    auto slash = post_with(x.client, "k1", task, "/api/v1/tasks/");
    check_replay(first, slash);
    CAF_CHECK_EQUAL(tasks(x), 1);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events"), 1);
    CAF_CHECK_EQUAL(post_with(x.client, "k2").status, 201);
    CAF_CHECK_EQUAL(x.client.post("/api/v1/tasks", task).status, 201);
    CAF_CHECK_EQUAL(tasks(x), 3);
  });
}

CAF_TEST(every creating route knows its repeated requests) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto task = x.client
                    .post("/api/v1/tasks",
                          R"({"skill_name":"s","schedule_cron":"0 9 * * *"})")
                    .number("id");
    auto run = "/api/v1/tasks/" + std::to_string(task) + "/run";
    const std::pair<std::string, std::string> routes[] = {
        {"/api/v1/projects", R"({"name":"p"})"},
        {"/api/v1/agents", R"({"name":"a","type":"coder"})"},
        {run, ""},
        {"/api/v1/agents/activity",
         R"({"agent_id":1,"status":"running","task_id":)" + std::to_string(task)
             + '}'},
    };
    int n = 0;
    for (auto& [path, body] : routes) {
      x.client.extra = {"Idempotency-Key: key-" + std::to_string(++n)};
      auto first = x.client.post(path, body);
      CAF_CHECK(first.status / 100 == 2);
      auto events = x.count("SELECT count(*) FROM events");
      auto again = x.client.post(path, body);
      CAF_CHECK_EQUAL(again.status, first.status);
      CAF_CHECK_EQUAL(again.body, first.body);
      CAF_CHECK_EQUAL(again.fields["location"], first.fields["location"]);
      CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events"), events);
    }
    for (auto table : {"projects", "agents", "execution_results"})
      CAF_CHECK_EQUAL(x.count(std::string{"SELECT count(*) FROM "} + table), 1);
  });
}

CAF_TEST(a key is for one request of one user) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    CAF_CHECK_EQUAL(post_with(x.client, "k").status, 201);
    for (auto [body, path] : {std::pair{other, "/api/v1/tasks"},
                              std::pair{task, "/api/v1/tasks?a=b"}}) {
      auto got = post_with(x.client, "k", body, path);
      CAF_CHECK_EQUAL(got.status, 422);
      CAF_CHECK(got.body.find("this key was used for another request")
                != std::string::npos);
    }
    x.client.sign_up("bob");
    auto bobs = post_with(x.client, "k", other);
    CAF_CHECK_EQUAL(bobs.status, 201);
    CAF_CHECK_EQUAL(bobs.text("skill_name"), "y");
  });
}

CAF_TEST(a refused request leaves its key free) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    CAF_CHECK_EQUAL(post_with(x.client, "k", "{}").status, 422);
    CAF_CHECK_EQUAL(
        post_with(x.client, "k",
                  R"({"skill_name":"x","schedule_cron":"0 0 30 2 *"})")
            .status,
        400);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM idempotency_keys"), 0);
    CAF_CHECK_EQUAL(post_with(x.client, "k").status, 201);
  });
}

CAF_TEST(keys that are none are refused and change nothing) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    for (auto& key : {std::string{}, std::string{"\"\""}, std::string{"\"a"},
                      std::string(256, 'k'), std::string{"a\tb"},
                      std::string{"a\x01z"}, std::string{"\xc3\xa4"}}) {
      auto got = post_with(x.client, key);
      CAF_CHECK_EQUAL(got.status, 400);
      CAF_CHECK(!got.detail().empty());
    }
    x.client.extra = {"Idempotency-Key: a", "Idempotency-Key: b"};
    CAF_CHECK_EQUAL(x.client.post("/api/v1/tasks", task).status, 400);
    x.client.extra = {};
    CAF_CHECK_EQUAL(tasks(x), 0);
    auto quoted = post_with(x.client, "'; DROP TABLE idempotency_keys; --");
    CAF_CHECK_EQUAL(quoted.status, 201);
    CAF_CHECK_EQUAL(post_with(x.client, std::string(255, 'k')).status, 201);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM idempotency_keys"), 2);
  });
}

CAF_TEST(answers with secrets are never kept) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto login = R"({"username":"ann","password":"Passw0rd!"})";
    auto a = post_with(x.client, "k", login, "/api/v1/auth/login");
    auto b = post_with(x.client, "k", login, "/api/v1/auth/login");
    CAF_CHECK_EQUAL(b.status, 200);
    CAF_CHECK(a.text("refresh_token") != b.text("refresh_token"));
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM idempotency_keys"), 0);
  });
}

CAF_TEST(two hundred requests with one key make one task) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    burst all;
    std::vector<std::thread> clients;
    for (int i = 0; i < 200; ++i)
      clients.emplace_back(
          [&] { all.send(x.server.port(), x.client.token, "k"); });
    for (auto& t : clients)
      t.join();
    CAF_CHECK_EQUAL(tasks(x), 1);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM audit_logs WHERE table_name "
                            "= 'scheduled_tasks'"),
                    1);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events"), 1);
    CAF_CHECK_EQUAL(all.others, 0);
    CAF_CHECK(all.created >= 1);
    CAF_CHECK_EQUAL(all.created + all.conflicts, 200);
    CAF_CHECK_EQUAL(all.bodies.size(), 1u);
  });
}

CAF_TEST(a repeated request is known after a restart and after kill - 9) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto first = post_with(x.client, "k");
    x.server.signal(SIGKILL);
    x.server.wait(10s);
    {
      server_process second{x.options()};
      api client{second.port()};
      client.token = x.client.token;
      auto again = post_with(client, "k");
      check_replay(first, again);
      second.signal(SIGTERM);
      CAF_CHECK_EQUAL(second.wait(40s).value_or(-1), 0);
    }
    server_process third{x.options()};
    api client{third.port()};
    client.token = x.client.token;
    auto again = post_with(client, "k");
    check_replay(first, again);
    CAF_CHECK_EQUAL(tasks(x), 1);
  });
}

CAF_TEST(whoever repeats until there is an answer makes one task each) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    x.server.signal(SIGKILL);
    x.server.wait(10s);
    int64_t made = 0;
    for (int round = 0; round < rounds(3, 20); ++round) {
      std::atomic<uint16_t> port{0};
      std::atomic<bool> stop{false};
      std::atomic<int64_t> done{0};
      std::vector<std::thread> clients;
      for (int i = 0; i < 4; ++i)
        clients.emplace_back([&, i] {
          for (int n = 0; !stop; ++n) {
            auto key = std::to_string(round) + '-' + std::to_string(i) + '-'
                       + std::to_string(n);
            int status = 0;
            while (status != 201) { // also when the server is not there
              api client{port};
              client.token = x.client.token;
              status = post_with(client, key).status;
              if (status == 0)
                std::this_thread::sleep_for(1ms);
            }
            ++done;
          }
        });
      {
        server_process first{x.options()};
        port = first.port();
        std::this_thread::sleep_for(
            std::chrono::milliseconds{300 + round * 37 % 200});
        first.signal(SIGKILL);
        first.wait(10s);
      }
      server_process second{x.options()};
      port = second.port();
      stop = true;
      for (auto& t : clients)
        t.join();
      made += done;
    }
    CAF_CHECK(made >= 4 * rounds(3, 20)); // each client at least one a round
    CAF_CHECK_EQUAL(tasks(x), made);
  });
}

CAF_TEST(two processes on one database make one task of one key) {
  auto x = serve_postgres();
  x->client.sign_up("ann");
  // Both sign with the same key, as the nodes of one service do.
  auto options = x->options();
  options.log = x->folder.path() / "twin.log";
  server_process twin{options};
  for (int round = 0; round < 5; ++round) {
    burst all;
    std::vector<std::thread> clients;
    for (int i = 0; i < 20; ++i)
      clients.emplace_back([&, i] {
        all.send(i % 2 == 0 ? x->server.port() : twin.port(), x->client.token,
                 "k" + std::to_string(round));
      });
    for (auto& t : clients)
      t.join();
    CAF_CHECK_EQUAL(all.others, 0);
    CAF_CHECK_EQUAL(all.bodies.size(), 1u);
    CAF_CHECK_EQUAL(tasks(*x), round + 1);
  }
}

CAF_TEST(a key that another process works on is refused at once) {
  auto x = serve_postgres();
  x->client.sign_up("ann");
  // The lock that a twin holds until its commit.
  auto hash = sha256_hex(
      "idempotency "
      + std::to_string(x->client.get("/api/v1/auth/me").number("id")) + " k");
  auto number
      = static_cast<int64_t>(std::stoull(hash.substr(0, 16), nullptr, 16));
  row_lock twin{x->database_url,
                "SELECT pg_advisory_xact_lock(" + std::to_string(number) + ")"};
  auto refused = post_with(x->client, "k");
  CAF_CHECK_EQUAL(refused.status, 409);
  CAF_CHECK_EQUAL(refused.detail(),
                  "A request with this Idempotency-Key is being worked on");
  CAF_CHECK_EQUAL(post_with(x->client, "l").status, 201);
  twin.release();
  CAF_CHECK_EQUAL(post_with(x->client, "k").status, 201);
  CAF_CHECK_EQUAL(tasks(*x), 2);
}

CAF_TEST(after a day a key is free again and its row gives way) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    for (auto key : {"a", "b"})
      CAF_CHECK_EQUAL(post_with(x.client, key).status, 201);
    x.count(x.sqlite()
                ? "UPDATE idempotency_keys SET expires_at = 1 RETURNING 1"
                : "UPDATE idempotency_keys SET expires_at = now() "
                  "RETURNING 1");
    auto fresh = post_with(x.client, "a", other);
    CAF_CHECK_EQUAL(fresh.status, 201);
    CAF_CHECK_EQUAL(fresh.text("skill_name"), "y");
    CAF_CHECK_EQUAL(post_with(x.client, "a", other).body, fresh.body);
    // The other one waits for retention.
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM idempotency_keys"), 2);
  });
}
