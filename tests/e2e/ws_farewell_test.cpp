#define CAF_SUITE ws_farewell
#include "tests/support/served.hpp"
#include "tests/support/until.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

const settings_map short_heartbeat{{"WS_HEARTBEAT_INTERVAL", "1"},
                                   {"WS_HEARTBEAT_TIMEOUT", "3"}};

/// How many are connected, as the server says.
int64_t connected(served& x) {
  return x.client.get("/ws/health").json()["connections"]["alive"].GetInt64();
}

} // namespace

CAF_TEST(a client whose network is gone is closed and nobody else) {
  auto x = serve_sqlite(short_heartbeat);
  x->client.sign_up("ann");
  auto port = x->server.port();
  auto begin = clock_type::now();
  // Its socket stays open, and it neither reads nor answers.
  auto gone = subscriber(port, x->client.token);
  gone->answers_pings = false;
  auto answering = subscriber(port, x->client.token);
  auto asking = subscriber(port, x->client.token); // as the React client does
  asking->answers_pings = false;
  CAF_CHECK_EQUAL(connected(*x), 3);
  while (connected(*x) > 2 && clock_type::now() - begin < 20s) {
    asking->ask(R"({"type":"ping"})", "pong");
    while (answering->next_frame(200ms)) // answers on the way
      ;
  }
  auto took = clock_type::now() - begin;
  CAF_CHECK(took > 2500ms && took < 10s);
  auto end = gone->end();
  CAF_CHECK_EQUAL(end.code, 4000);
  CAF_CHECK_EQUAL(end.reason, "Heartbeat timeout");
  // Both have lived longer than a silence may last.
  for (auto& other : {answering.get(), asking.get()})
    CAF_CHECK(other->ask(R"({"type":"ping"})", "pong").position() >= 0);
}

CAF_TEST(the socket of a client whose network is gone is given back) {
  auto env = short_heartbeat;
  env["WS_MAX_CONNECTIONS"] = "1";
  auto x = serve_sqlite(env);
  x->client.sign_up("ann");
  auto gone = subscriber(x->server.port(), x->client.token);
  CAF_CHECK(eventually([&] {
    ws_client next{x->server.port(), with_token(x->client.token)};
    return next.is_open();
  })); // though the goodbye was not answered
}

CAF_TEST(the server ends within 3 s and says goodbye to everyone) {
  constexpr int clients = 50;
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  std::vector<std::unique_ptr<ws_client>> all;
  for (int i = 0; i < clients; ++i)
    all.push_back(subscriber(x->server.port(), x->client.token));
  auto begin = clock_type::now();
  x->server.signal(SIGTERM);
  for (auto& client : all) {
    auto end = client->end();
    CAF_CHECK_EQUAL(end.code, 1001);
    CAF_CHECK_EQUAL(end.reason, "Server shutting down");
  }
  CAF_CHECK_EQUAL(x->server.wait(40s).value_or(-1), 0);
  CAF_CHECK(clock_type::now() - begin < 3s);
}

CAF_TEST(who answers no goodbye does not keep the server) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  std::vector<std::unique_ptr<ws_client>> deaf;
  for (int i = 0; i < 10; ++i)
    deaf.push_back(subscriber(x->server.port(), x->client.token));
  auto begin = clock_type::now();
  x->server.signal(SIGTERM);
  CAF_CHECK_EQUAL(x->server.wait(40s).value_or(-1), 0);
  CAF_CHECK(clock_type::now() - begin < 10s);
  for (auto& client : deaf)
    CAF_CHECK_EQUAL(client->end().code, 1001);
}
