#define CAF_SUITE ws_crowd
#include "tests/support/served.hpp"
#include "tests/support/until.hpp"
#include "tests/support/ws_client.hpp"
#include "tests/support/ws_crowd.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

/// An owner of tasks and of events, who survives the server.
struct owner {
  std::string name;
  std::string id; ///< as text
  std::string token;
  std::string task; ///< path
};

std::vector<owner> sign_up_owners(served& x, int count) {
  std::vector<owner> out;
  for (int i = 0; i < count; ++i) {
    auto name = "owner" + std::to_string(i);
    x.client.sign_up(name);
    auto me = x.client.get("/api/v1/auth/me").text("id");
    auto made = x.client.post(
        "/api/v1/tasks", R"({"skill_name":"x","schedule_cron":"0 9 * * 1"})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    out.push_back({name, me, x.client.token,
                   "/api/v1/tasks/" + std::to_string(made.number("id"))});
  }
  return out;
}

/// Changes the owners' tasks at a rate, over whatever server there is.
class load {
public:
  load(const std::vector<owner>& owners, int per_second) {
    constexpr int threads = 4;
    for (int i = 0; i < threads; ++i)
      threads_.emplace_back([this, &owners, per_second, i] {
        run(owners, i, std::chrono::microseconds{4'000'000 / per_second});
      });
  }
  ~load() { finish(); }

  void serve(uint16_t port) { port_ = port; }

  void finish() {
    stop_ = true;
    for (auto& t : threads_)
      if (t.joinable())
        t.join();
  }

  std::atomic<int> acknowledged{0};

private:
  void run(const std::vector<owner>& owners, int first,
           std::chrono::microseconds pause) {
    std::unique_ptr<api> client;
    uint16_t at = 0;
    auto due = clock_type::now();
    for (size_t turn = static_cast<size_t>(first); !stop_; turn += 4) {
      std::this_thread::sleep_until(due += pause); // the rate
      if (auto port = port_.load(); port != at)
        client = std::make_unique<api>(at = port);
      if (at == 0)
        continue;
      auto& who = owners[turn % owners.size()];
      client->token = who.token;
      auto round = turn / owners.size() % 2;
      auto got = client->put(who.task, round == 0 ? R"({"status":"running"})"
                                                  : R"({"status":"pending"})");
      acknowledged += got.status == 200 ? 1 : 0;
    }
  }

  std::atomic<uint16_t> port_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

/// What each owner should have heard of, by position.
std::map<std::string, std::vector<int64_t>>
should_have_heard(const served& x, const std::vector<owner>& owners) {
  std::map<std::string, std::vector<int64_t>> out;
  for (auto& who : owners)
    out[who.id] = x.column(
        "SELECT position FROM events WHERE channel <> 'control' AND audience "
        "IN ('everyone', '"
        + who.id + "') ORDER BY position");
  return out;
}

/// Ends the scene with an event for everyone, and judges every client.
void judge(served& x, ws_crowd& crowd, size_t clients,
           const std::vector<owner>& owners, uint16_t port) {
  crowd.calm();
  CAF_CHECK(eventually([&] { return crowd.present() == clients; }));
  api rest{port};
  rest.token = owners[0].token;
  auto last = rest.post("/api/v1/agents", R"({"name":"last","type":"coder"})");
  CAF_REQUIRE_EQUAL(last.status, 201);
  auto end = x.count("SELECT max(position) FROM events WHERE type = "
                     "'agent_spawned'");
  CAF_CHECK(eventually([&] { return crowd.behind(end) == 0; }));
  crowd.finish();
  auto should = should_have_heard(x, owners);
  size_t wrong = 0;
  size_t heard = 0;
  for (size_t i = 0; i < clients; ++i) {
    auto why = crowd.check(i).problem(should[owners[i % owners.size()].id]);
    heard += crowd.check(i).events();
    if (!why.empty() && ++wrong <= 5)
      CAF_ERROR("client " << i << ": " << why);
  }
  CAF_CHECK_EQUAL(wrong, 0u);
  CAF_CHECK_EQUAL(crowd.gaps, 0u); // nothing was pruned
  CAF_MESSAGE(clients << " clients, " << crowd.opened << " connections, "
                      << crowd.resumed << " resumed, " << crowd.refused
                      << " refused, " << heard << " events");
}

/// How many are connected, as the server says.
size_t connected(served& x) {
  auto json = x.client.get("/ws/health").json();
  return json["connections"]["alive"].GetUint64();
}

std::vector<std::string> tokens_of(const std::vector<owner>& owners) {
  std::vector<std::string> out;
  for (auto& x : owners)
    out.push_back(x.token);
  return out;
}

uint64_t seed() {
  auto* text = std::getenv("CALLBOARD_SEED");
  return text != nullptr ? std::stoull(text)
                         : static_cast<uint64_t>(
                             clock_type::now().time_since_epoch().count());
}

/// Clients come and go, and the server is killed again and again.
void run_crowd(served& x) {
  auto clients = static_cast<size_t>(rounds(200, 1000));
  auto owners = sign_up_owners(x, rounds(10, 50));
  auto start = seed();
  CAF_MESSAGE("CALLBOARD_SEED=" << start);
  ws_crowd crowd{{clients, tokens_of(owners), 5s, start}};
  load writes{owners, rounds(100, 500)};
  x.server.signal(SIGKILL);
  x.server.wait(10s);
  std::chrono::seconds life{rounds(5, 30)};
  std::unique_ptr<server_process> server;
  auto begin = clock_type::now();
  auto serve = [&] {
    server = std::make_unique<server_process>(x.options());
    crowd.serve(server->port());
    writes.serve(server->port());
  };
  for (int i = 1; i <= rounds(2, 6); ++i) {
    serve();
    auto before = writes.acknowledged.load();
    std::this_thread::sleep_until(begin + i * life); // under load
    CAF_CHECK(writes.acknowledged > before);
    server->signal(SIGKILL);
    server->wait(10s);
  }
  serve();
  CAF_CHECK(eventually([&, before = writes.acknowledged.load()] {
    return writes.acknowledged > before;
  }));
  CAF_MESSAGE(writes.acknowledged << " changes in "
                                  << (clock_type::now() - begin) / 1s << " s");
  writes.finish();
  judge(x, crowd, clients, owners, server->port());
  CAF_CHECK(crowd.resumed > clients);
}

} // namespace

CAF_TEST(a crowd on SQLite misses nothing while the server is killed) {
  run_crowd(*serve_sqlite());
}

CAF_TEST(a crowd on PostgreSQL misses nothing while the server is killed) {
  run_crowd(*serve_postgres());
}

CAF_TEST(one of many who stops reading is closed and the others go on) {
  auto x = serve_sqlite();
  auto clients = static_cast<size_t>(rounds(200, 1000));
  auto owners = sign_up_owners(*x, 10);
  ws_crowd crowd{{clients, tokens_of(owners), 1000h, 1}}; // nobody leaves
  crowd.serve(x->server.port());
  CAF_REQUIRE(eventually([&] { return crowd.present() == clients; }));
  link_options slow;
  slow.receive_buffer = 4096;
  x->log_in_admin(); // who hears of everything
  ws_client stalled{x->server.port(), with_token(x->client.token), slow};
  stalled.answers_pings = false;
  stalled.expect("ack");
  load writes{owners, 500};
  writes.serve(x->server.port());
  // What the kernel holds is full at some point; then it has 20 s.
  CAF_CHECK(eventually([&] { return connected(*x) == clients; }));
  writes.finish();
  auto last = x->count("SELECT max(position) FROM events");
  int64_t heard = 0;
  uint16_t code = 1006; // or it is cut off: its window is full
  while (auto got = stalled.next_frame()) {
    if (got->opcode == ws_opcode::close)
      code = got->close_code();
    if (got->opcode == ws_opcode::text) {
      ws_message one;
      one.json = std::move(*parse_json(got->payload));
      heard = one.position();
    }
  }
  CAF_CHECK(code == 1013 || code == 1006);
  CAF_CHECK(heard < last);
  judge(*x, crowd, clients, owners, x->server.port());
  CAF_CHECK_EQUAL(crowd.opened, clients); // nobody else was closed
  CAF_CHECK(crowd.closes.empty());
}
