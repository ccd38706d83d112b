#define CAF_SUITE ws_limits
#include "tests/support/served.hpp"
#include "tests/support/until.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

struct scene {
  explicit scene(settings_map env) : server(serve_sqlite(std::move(env))) {
    server->client.sign_up("ann");
  }

  std::unique_ptr<ws_client> open(const std::string& source = "") {
    link_options link;
    link.source = source;
    auto out = std::make_unique<ws_client>(
        server->server.port(), with_token(server->client.token), link);
    if (out->is_open())
      out->expect("ack");
    return out;
  }

  std::unique_ptr<served> server;
};

} // namespace

CAF_TEST(the connection above the limit of all is refused with 503) {
  scene x{{{"WS_MAX_CONNECTIONS", "3"}}};
  std::vector<std::unique_ptr<ws_client>> all;
  for (int i = 0; i < 3; ++i)
    CAF_REQUIRE(all.emplace_back(x.open())->is_open());
  auto refused = x.open();
  CAF_CHECK_EQUAL(refused->handshake().status, 503);
  CAF_CHECK(!refused->handshake().fields["retry-after"].empty());
  CAF_CHECK_EQUAL(x.server->client.get("/api/v1/liveness").status, 200);
  all.back()->close();
  CAF_CHECK(eventually([&] { return x.open()->is_open(); }));
  all.front()->drop(); // without a farewell: its place is free as well
  CAF_CHECK(eventually([&] { return x.open()->is_open(); }));
}

CAF_TEST(one address has its own limit) {
  scene x{{{"WS_MAX_CONNECTIONS_PER_IP", "2"}}};
  auto a = x.open();
  auto b = x.open();
  CAF_REQUIRE(a->is_open() && b->is_open());
  auto refused = x.open()->handshake().status;
  CAF_CHECK(refused == 429 || refused == 503);
  CAF_CHECK(x.open("127.0.0.2")->is_open());
  a->close();
  CAF_CHECK(eventually([&] { return x.open()->is_open(); }));
}

CAF_TEST(handshakes of one address are counted by the minute) {
  scene x{{{"RATE_LIMIT_ENABLED", "true"}, {"RATE_LIMIT_WS_PER_MINUTE", "3"}}};
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(x.open()->is_open());
  auto refused = x.open();
  CAF_CHECK_EQUAL(refused->handshake().status, 429);
  CAF_CHECK(!refused->handshake().fields["retry-after"].empty());
  CAF_CHECK(x.open("127.0.0.2")->is_open());
}

CAF_TEST(who does not read is closed and has lost nothing when it resumes) {
  scene x{{}};
  auto& rest = x.server->client;
  auto agent = std::to_string(
      rest.post("/api/v1/agents", R"({"name":"a","type":"coder"})")
          .number("id"));
  auto task = std::to_string(
      rest.post("/api/v1/tasks",
                R"({"skill_name":"x","schedule_cron":"0 9 * * 1"})")
          .number("id"));
  link_options slow;
  slow.receive_buffer = 4096;
  ws_client client{x.server->server.port(), with_token(rest.token), slow};
  auto ack = client.expect("ack");
  auto other = x.open();
  auto report = "{\"agent_id\":" + agent + ",\"task_id\":" + task
                + R"(,"status":"success","output":")" + std::string(2000, 'o')
                + "\"}";
  constexpr int reports = 2500; // two events each, of more than 1000 bytes
  int64_t last = 0;
  for (int i = 0; i < reports; ++i) {
    CAF_REQUIRE_EQUAL(rest.post("/api/v1/agents/activity", report).status, 201);
    for (auto type : {"agent_activity_update", "agent_activity"})
      last = other->find(type).position(); // the reader has all, all the time
  }
  client.answers_pings = false;
  int64_t heard = ack.position();
  uint16_t code = 1006; // or it is cut off: its window is full
  while (auto got = client.next_frame(20s)) {
    if (got->opcode == ws_opcode::close)
      code = got->close_code();
    if (got->opcode != ws_opcode::text)
      continue;
    ws_message one;
    one.json = std::move(*parse_json(got->payload));
    heard = one.position();
  }
  CAF_CHECK(code == 1013 || code == 1006);
  CAF_CHECK(heard < last);
  auto id = ack.member("event_id");
  id = id.substr(0, id.rfind('-') + 1) + std::to_string(heard);
  ws_client again{x.server->server.port(),
                  with_token(rest.token, "last_event_id=" + id)};
  auto resumed = again.expect("ack");
  CAF_CHECK_EQUAL(resumed.member("data.resumed"), "true");
  for (auto& got : again.events_to(last)) {
    CAF_REQUIRE(got.position() > heard);
    heard = got.position();
  }
}
