#define CAF_SUITE ws_messages
#include "tests/support/served.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct scene {
  explicit scene(settings_map env = {}) : server(serve_sqlite(std::move(env))) {
    server->client.sign_up("ann");
    socket = subscriber(server->server.port(), server->client.token);
  }

  /// A task of hers; its id as text.
  std::string task(const std::string& more = "") {
    auto made = server->client.post(
        "/api/v1/tasks",
        R"({"skill_name":"x","schedule_cron":"0 9 * * 1")" + more + "}");
    return std::to_string(made.number("id"));
  }

  void set(const std::string& id, const char* status) {
    server->client.put("/api/v1/tasks/" + id,
                       std::string{R"({"status":")"} + status + "\"}");
  }

  std::unique_ptr<served> server;
  std::unique_ptr<ws_client> socket;
};

constexpr auto agent = R"({"name":"a","type":"coder"})";

} // namespace

CAF_TEST(what is no message is an error and keeps the connection) {
  scene x;
  for (auto text : {"", "{", "nonsense", "[]", "1", "null", "\"ping\"", "{}",
                    R"({"type":1})", R"({"type":null})", R"({"a":"\ud800"})"}) {
    auto got = x.socket->ask(text, "error");
    CAF_CHECK_EQUAL(got.member("error"), "Invalid message format");
    CAF_CHECK(got.position() >= 0);
  }
  x.socket->ask(R"({"type":"ping"})", "pong");
}

CAF_TEST(a type that nobody knows is acknowledged and changes nothing) {
  scene x;
  auto id = x.task();
  x.socket->expect("calendar_event_created");
  auto got = x.socket->ask(R"({"type":"task_update","event_id":"e1","task_id":)"
                               + id + R"(,"status":"deleted"})",
                           "ack");
  CAF_CHECK_EQUAL(got.member("ack_event_id"), "e1");
  CAF_CHECK_EQUAL(got.member("data.received_type"), "task_update");
  got = x.socket->ask(R"({"type":"custom_action"})", "ack");
  CAF_CHECK_EQUAL(got.member("ack_event_id"), "null");
  CAF_CHECK_EQUAL(got.member("data.received_type"), "custom_action");
  CAF_CHECK_EQUAL(x.server->client.get("/api/v1/tasks/" + id).text("status"),
                  "pending");
}

CAF_TEST(acks and pongs of the client are taken in silence) {
  scene x;
  x.socket->send_text(R"({"type":"pong","event_id":"x"})");
  x.socket->send_text(R"({"type":"ack","ack_event_id":"x"})");
  x.socket->ask(R"({"type":"ping"})", "pong");
}

CAF_TEST(channels are narrowed and widened again) {
  scene x;
  auto ack = x.socket->ask(R"({"type":"unsubscribe","channels":["calendar"]})",
                           "ack");
  CAF_CHECK(ack.text.find("calendar") == std::string::npos);
  CAF_CHECK(ack.text.find("agents") != std::string::npos);
  auto id = x.task();
  x.server->client.post("/api/v1/agents", agent);
  x.socket->expect("agent_spawned"); // and no calendar event before it
  ack = x.socket->ask(R"({"type":"subscribe","channels":["tasks"]})", "ack");
  CAF_CHECK(ack.text.find("agents") == std::string::npos);
  x.server->client.post("/api/v1/agents", agent);
  x.set(id, "running");
  x.socket->expect("task_status_update");
  auto got = x.socket->ask(R"({"type":"subscribe","channels":["weather"]})",
                           "error");
  CAF_CHECK(got.text.find("agents") == std::string::npos);
  x.socket->ask(
      R"({"type":"subscribe","channels":["tasks","agents","calendar"]})",
      "ack");
  x.task();
  x.socket->expect("calendar_event_created");
}

CAF_TEST(filters by task by project and by status are all obeyed) {
  scene x;
  auto a = x.task();
  auto b = x.task();
  x.socket->find("calendar_event_created");
  x.socket->find("calendar_event_created");
  auto narrow = [&](const std::string& filters) {
    x.socket->ask(R"({"type":"subscribe","channels":["tasks"],"filters":)"
                      + filters + "}",
                  "ack");
  };
  narrow("{\"task_id\":[" + b + "]}");
  x.set(a, "running");
  x.set(b, "running");
  CAF_CHECK_EQUAL(x.socket->expect("task_status_update").member("data.task_id"),
                  b);
  narrow(R"({"status":["completed"]})");
  x.set(a, "failed");
  x.set(b, "completed");
  auto got = x.socket->expect("task_status_update");
  CAF_CHECK_EQUAL(got.member("data.task_id"), b);
  auto project = std::to_string(
      x.server->client.post("/api/v1/projects", R"({"name":"p"})")
          .number("id"));
  auto c = x.task(",\"project_id\":" + project);
  narrow("{\"project_id\":" + project + "}");
  x.set(a, "pending");
  x.set(c, "running");
  CAF_CHECK_EQUAL(x.socket->expect("task_status_update").member("data.task_id"),
                  c);
}

CAF_TEST(a batch has in order what 100 ms brought and only who asks gets one) {
  scene x;
  auto plain = subscriber(x.server->server.port(), x.server->client.token);
  x.socket->ask(R"({"type":"subscribe","channels":["tasks"],"batch":true})",
                "ack");
  plain->ask(R"({"type":"subscribe","channels":["tasks"]})", "ack");
  auto id = x.task();
  constexpr int changes = 20;
  for (int i = 0; i < changes; ++i)
    x.set(id, i % 2 == 0 ? "running" : "pending");
  std::vector<int64_t> alone;
  for (int i = 0; i < changes; ++i)
    alone.push_back(plain->expect("task_status_update").position());
  std::vector<int64_t> together;
  size_t messages = 0;
  while (together.size() < changes) {
    auto got = x.socket->next();
    ++messages;
    if (got.type() == "task_status_update") { // one alone needs no batch
      together.push_back(got.position());
      continue;
    }
    CAF_REQUIRE_EQUAL(got.type(), "batch");
    CAF_CHECK_EQUAL(got.member("batch_type"), "task_status_update");
    auto& list = got.json["messages"];
    CAF_CHECK_EQUAL(got.number("count"), static_cast<int64_t>(list.Size()));
    for (auto& item : list.GetArray()) {
      ws_message one;
      one.json.CopyFrom(item, one.json.GetAllocator());
      CAF_CHECK_EQUAL(one.number("data.task_id"), std::stoll(id));
      together.push_back(one.position());
    }
  }
  CAF_CHECK(together == alone);
  CAF_CHECK(messages < changes);
}

CAF_TEST(who sends faster than 20 a second is told and closed with 1008) {
  scene x;
  for (int i = 0; i < 200; ++i)
    if (!x.socket->send_text(R"({"type":"x"})"))
      break;
  x.socket->find("error");
  CAF_CHECK_EQUAL(x.socket->end().code, 1008);
}

CAF_TEST(D23 a silent client is pinged and closed and one that pongs is not ) {
  scene x{{{"WS_HEARTBEAT_INTERVAL", "1"}, {"WS_HEARTBEAT_TIMEOUT", "3"}}};
  auto silent = subscriber(x.server->server.port(), x.server->client.token);
  silent->answers_pings = false;
  CAF_CHECK(x.socket->find("ping", 3s).position() >= 0);
  auto begin = std::chrono::steady_clock::now();
  ws_end end;
  std::thread waits{[&] { end = silent->end(20s); }};
  for (int i = 0; i < 6; ++i) // it answers: the frame that comes along
    x.socket->find("ping", 5s);
  waits.join();
  CAF_CHECK_EQUAL(end.code, 4000);
  CAF_CHECK(std::chrono::steady_clock::now() - begin < 15s);
  x.socket->ask(R"({"type":"ping"})", "pong");
}
