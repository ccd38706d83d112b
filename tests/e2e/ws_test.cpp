#define CAF_SUITE ws
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

constexpr auto weekly = R"({"skill_name":"x","schedule_cron":"0 9 * * 1"})";

uint16_t port_of(const served& x) { return x.server.port(); }

/// The sub-protocol list that carries a token.
ws_request in_protocols(const std::string& token) {
  ws_request out;
  out.protocols = "bearer, " + token;
  return out;
}

ws_request in_header(const std::string& token) {
  ws_request out;
  out.headers = {"Authorization: Bearer " + token};
  return out;
}

void check_greeting(const ws_message& ack, const std::string& user) {
  CAF_CHECK_EQUAL(ack.member("ack_event_id"), "initial_connect");
  CAF_CHECK_EQUAL(ack.member("data.user_id"), user);
  CAF_CHECK_EQUAL(ack.member("data.connection_id").size(), 36u);
  CAF_CHECK_EQUAL(ack.number("data.heartbeat_interval"), 30);
  CAF_CHECK_EQUAL(ack.number("data.heartbeat_timeout"), 60);
  CAF_CHECK_EQUAL(ack.member("data.resumed"), "false");
  CAF_CHECK_EQUAL(ack.number("data.replayed"), 0);
  CAF_CHECK(ack.position() >= 0);
  CAF_CHECK(ack.member("timestamp").ends_with("Z"));
}

} // namespace

CAF_TEST(
    D21 a token is taken from four places and the first message is an ack) {
  for_each_database([](served& x) {
    x.client.sign_up("ann"); // user 2
    auto& token = x.client.token;
    for (auto& asked :
         {with_token(token), in_header(token), in_protocols(token)}) {
      ws_client client{port_of(x), asked};
      CAF_CHECK_EQUAL(client.handshake().fields["sec-websocket-protocol"],
                      asked.protocols.empty() ? "" : "bearer");
      check_greeting(client.expect("ack"), "2");
      CAF_CHECK_EQUAL(client.close().code, 1000);
    }
    ws_client late{port_of(x)};
    check_greeting(
        late.ask(R"({"type":"authenticate","token":")" + token + "\"}", "ack"),
        "2");
    CAF_CHECK_EQUAL(late.close().code, 1000);
  });
}

CAF_TEST(a query goes before a header and a header before protocols) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto ann = x->client.token;
  x->client.sign_up("bob");
  auto both = with_token(ann);
  both.headers = in_header(x->client.token).headers;
  ws_client first{port_of(*x), both};
  CAF_CHECK_EQUAL(first.expect("ack").member("data.user_id"), "2");
  auto next = in_header(ann);
  next.protocols = in_protocols(x->client.token).protocols;
  ws_client second{port_of(*x), next};
  CAF_CHECK_EQUAL(second.expect("ack").member("data.user_id"), "2");
}

CAF_TEST(a bad token ends with 1008 behind the handshake) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto& token = x->client.token;
  auto refresh = x->client.log_in("ann").text("refresh_token");
  for (auto& bad : {std::string{"nonsense"}, token + "x", refresh}) {
    ws_client client{port_of(*x), with_token(bad)};
    CAF_REQUIRE(client.is_open());
    auto end = client.end();
    CAF_CHECK_EQUAL(end.code, 1008);
    CAF_CHECK_EQUAL(end.reason, "Authentication failed");
  }
  ws_client later{port_of(*x)};
  later.send_text(R"({"type":"authenticate","token":"nonsense"})");
  CAF_CHECK_EQUAL(later.end().code, 1008);
  CAF_CHECK(x->server.output().find("nonsense") == std::string::npos);
  CAF_CHECK(x->server.output().find(token) == std::string::npos);
}

CAF_TEST(who does not authenticate hears nothing and is closed after 10 s) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  ws_client client{port_of(*x)};
  client.ask(R"({"type":"ping"})", "pong");
  x->client.post("/api/v1/agents", R"({"name":"a","type":"coder"})");
  client.ask(R"({"type":"subscribe","channels":["agents"]})", "error");
  auto begin = std::chrono::steady_clock::now();
  auto end = client.next_frame(20s);
  CAF_REQUIRE(end && end->opcode == ws_opcode::close); // and no event before
  CAF_CHECK_EQUAL(end->close_code(), 1008);
  CAF_CHECK(std::chrono::steady_clock::now() - begin < 15s);
}

CAF_TEST(an origin must be a friend and what is no upgrade is refused) {
  auto x = serve_sqlite({{"CORS_ORIGINS", "https://board.example"}});
  x->client.sign_up("ann");
  auto status = [&](ws_request asked) {
    ws_client client{port_of(*x), std::move(asked)};
    return client.handshake().status;
  };
  auto from = [&](const char* origin) {
    auto out = with_token(x->client.token);
    out.headers = {std::string{"Origin: "} + origin};
    return out;
  };
  CAF_CHECK_EQUAL(status(from("https://board.example")), 101);
  CAF_CHECK_EQUAL(status(from("https://evil.example")), 403);
  CAF_CHECK_EQUAL(status(from("null")), 403);
  const std::pair<std::vector<std::string>, int> table[] = {
      {{}, 426},
      {{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 8",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="},
       426},
      {{"Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13"},
       400},
      {{"Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: short"},
       400},
  };
  for (auto& [lines, expected] : table) {
    auto asked = with_token(x->client.token);
    asked.upgrade = lines;
    ws_client client{port_of(*x), asked};
    CAF_CHECK_EQUAL(client.handshake().status, expected);
    if (expected == 426)
      CAF_CHECK_EQUAL(client.handshake().fields["sec-websocket-version"], "13");
  }
}

CAF_TEST(a newer connection of the same id replaces the older) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  ws_client first{port_of(*x), with_token(x->client.token)};
  auto id = first.expect("ack").member("data.connection_id");
  ws_client second{port_of(*x),
                   with_token(x->client.token, "connection_id=" + id)};
  CAF_CHECK_EQUAL(second.expect("ack").member("data.connection_id"), id);
  CAF_CHECK_EQUAL(first.end().code, 4001);
  x->client.sign_up("bob"); // it is not his
  ws_client foreign{port_of(*x),
                    with_token(x->client.token, "connection_id=" + id)};
  CAF_CHECK(foreign.expect("ack").member("data.connection_id") != id);
  CAF_CHECK(second.ask(R"({"type":"ping"})", "pong").position() >= 0);
}

CAF_TEST(the server says goodbye with 1001 when it is stopped) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto client = subscriber(port_of(*x), x->client.token);
  ws_client nobody{port_of(*x)};
  x->server.signal(SIGTERM);
  CAF_CHECK_EQUAL(client->end().code, 1001);
  CAF_CHECK_EQUAL(nobody.end().code, 1001);
  CAF_CHECK_EQUAL(x->server.wait(40s).value_or(-1), 0);
}

CAF_TEST(D22 an event comes in both views before 2 s are over) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto client = subscriber(port_of(x), x.client.token);
    auto id = x.client.post("/api/v1/tasks", weekly).number("id");
    auto made = client->expect("calendar_event_created", 2s);
    CAF_CHECK_EQUAL(made.member("payload.id"), std::to_string(id));
    auto put = x.client.put("/api/v1/tasks/" + std::to_string(id),
                            R"({"status":"running"})");
    auto got = client->expect("task_status_update", 2s);
    CAF_CHECK_EQUAL(got.number("data.task_id"), id);
    CAF_CHECK_EQUAL(got.member("data.status"), "running");
    CAF_CHECK_EQUAL(got.member("data.user_id"), "2");
    CAF_CHECK_EQUAL(got.member("payload.taskId"), std::to_string(id));
    CAF_CHECK_EQUAL(got.member("payload.updatedAt"), put.text("updated_at"));
    CAF_CHECK_EQUAL(got.position(), made.position() + 1);
    CAF_CHECK_EQUAL(
        client->ask(R"({"type":"ping"})", "pong").member("event_id"),
        got.member("event_id"));
  });
}
