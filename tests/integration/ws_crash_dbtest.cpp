// What the crash of an actor does to sockets: the whole program, its listener
// and real connections.
#define CAF_SUITE ws_crash
#include "tests/support/api.hpp"
#include "tests/support/inner_server.hpp"
#include "tests/support/until.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

struct scene {
  scene() : client(server.port()) { client.sign_up("ann"); }

  std::unique_ptr<ws_client> open(const std::string& last = "") {
    return subscriber(server.port(), client.token,
                      last.empty() ? "" : "last_event_id=" + last);
  }

  /// An event for ann; its position as an id.
  std::string change() {
    auto made = client.post("/api/v1/agents", "{\"name\":\"a"
                                                  + std::to_string(++agents)
                                                  + R"(","type":"coder"})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    return made.fields["x-event-position"];
  }

  /// Makes an event and checks that it, and nothing else, comes.
  void hears(ws_client& socket) {
    auto id = change();
    CAF_CHECK_EQUAL(socket.expect("agent_spawned").member("event_id"), id);
  }

  inner_server server;
  api client;
  int agents = 0;
};

/// Actors that are running, as handles: another one is another incarnation.
std::vector<caf::actor> running(const std::vector<child_ptr>& all) {
  std::vector<caf::actor> out;
  for (auto& x : all)
    out.push_back(x->get());
  return out;
}

} // namespace

CAF_TEST(a session that is killed ends its socket with 1011 and no other) {
  scene x;
  auto supervisors = running(x.server.find("sessions"));
  CAF_REQUIRE_EQUAL(supervisors.size(), 2u); // one per loop
  std::vector<std::unique_ptr<ws_client>> sockets;
  std::vector<child_ptr> sessions;
  for (size_t i = 0; i < 6; ++i) {
    sockets.push_back(x.open());
    for (auto& found : x.server.find("ws")) // the new one
      if (std::find(sessions.begin(), sessions.end(), found) == sessions.end())
        sessions.push_back(found);
    CAF_REQUIRE_EQUAL(sessions.size(), i + 1);
  }
  auto id = x.change();
  for (auto& socket : sockets)
    CAF_CHECK_EQUAL(socket->expect("agent_spawned").member("event_id"), id);
  kill(sessions[2]);
  auto end = sockets[2]->end();
  CAF_CHECK_EQUAL(end.code, 1011);
  CAF_CHECK_EQUAL(end.reason, "Internal error");
  CAF_CHECK(eventually([&] { return !sessions[2]->get(); })); // not restarted
  for (size_t i = 0; i < sessions.size(); ++i)
    CAF_CHECK_EQUAL(sessions[i]->restarts(), 0u);
  CAF_CHECK(running(x.server.find("sessions")) == supervisors);
  auto next = x.change();
  for (size_t i = 0; i < sockets.size(); ++i)
    if (i != 2)
      CAF_CHECK_EQUAL(sockets[i]->expect("agent_spawned").member("event_id"),
                      next);
  // And it comes back to what it missed.
  ws_client again{x.server.port(),
                  with_token(x.client.token, "last_event_id=" + id)};
  auto ack = again.expect("ack");
  CAF_CHECK_EQUAL(ack.member("data.resumed"), "true");
  CAF_CHECK_EQUAL(again.expect("agent_spawned").member("event_id"), next);
}

CAF_TEST(a supervisor of sessions that is killed ends the sockets of its loop) {
  scene x;
  auto one = x.open();
  auto other = x.open(); // of the other loop
  auto all = x.server.find("sessions");
  auto before = running(all);
  kill(all[0]);
  auto lived = 0;
  for (auto& socket : {one.get(), other.get()})
    try {
      socket->ask(R"({"type":"ping"})", "pong");
      ++lived;
    } catch (const std::runtime_error& e) {
      CAF_CHECK(std::string{e.what()}.find("1011") != std::string::npos);
    }
  CAF_CHECK_EQUAL(lived, 1);
  CAF_CHECK(eventually([&] {
    auto now = x.server.find("sessions")[0]->get();
    return now && now != before[0];
  }));
  CAF_CHECK(all[1]->get() == before[1]);
  std::vector<std::unique_ptr<ws_client>> fresh; // on both loops
  for (int i = 0; i < 4; ++i)
    fresh.push_back(x.open());
  auto id = x.change();
  for (auto& socket : fresh)
    CAF_CHECK_EQUAL(socket->expect("agent_spawned").member("event_id"), id);
}

CAF_TEST(a hub or a feed or presence that is killed costs no socket an event) {
  scene x;
  std::vector<std::unique_ptr<ws_client>> sockets;
  for (int i = 0; i < 4; ++i)
    sockets.push_back(x.open());
  for (auto kind : {"hub", "event_feed", "presence"}) {
    auto all = x.server.find(kind);
    CAF_REQUIRE(!all.empty());
    kill(all.back());
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i)
      ids.push_back(x.change());
    for (auto& socket : sockets)
      for (auto& id : ids)
        CAF_CHECK_EQUAL(socket->expect("agent_spawned").member("event_id"), id);
  }
}
