// A crowd among sessions that never get ready: who waits for a turn to start.
#define CAF_SUITE ws_turns
#include "net/ws_starts.hpp"
#include "tests/support/api.hpp"
#include "tests/support/inner_server.hpp"
#include "tests/support/until.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <atomic>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr auto turns = 2 * net::ws_starts::at_once; // of both loops

/// A session that holds its socket, says nothing, and ends when its client
/// goes.
caf::behavior silent(caf::event_based_actor* self, const session_start& what) {
  self->set_default_handler(caf::drop);
  return {[self, held = what.socket](atom::stop) { self->quit(); }};
}

struct scene {
  scene() : client(server.port()) { client.sign_up("ann"); }

  ws_client& open() {
    sockets.push_back(
        std::make_unique<ws_client>(server.port(), with_token(client.token)));
    CAF_REQUIRE(sockets.back()->is_open());
    return *sockets.back();
  }

  std::atomic<size_t> started{0};
  inner_server server{[this](net::services& x) {
    x.make_ws_session = [this](caf::actor_system& sys, const child_ptr&,
                               caf::execution_unit*, session_start start) {
      ++started;
      return sys.spawn(silent, std::move(start));
    };
  }};
  api client;
  std::vector<std::unique_ptr<ws_client>> sockets;
};

} // namespace

CAF_TEST(who waits too long for a turn is told to come later) {
  scene x;
  for (size_t i = 0; i < turns; ++i)
    x.open();
  CAF_CHECK(eventually([&] { return x.started >= turns; }));
  CAF_CHECK_EQUAL(x.started.load(), turns);
  std::vector<ws_client*> waiting;
  for (int i = 0; i < 4; ++i)
    waiting.push_back(&x.open());
  for (auto* socket : waiting) {
    auto end = socket->end(60s);
    CAF_CHECK_EQUAL(end.code, 1013);
    CAF_CHECK_EQUAL(end.reason, "Too many at once");
  }
  CAF_CHECK_EQUAL(x.started, turns);
}

CAF_TEST(a client that goes leaves its turn to one that waits) {
  scene x;
  for (size_t i = 0; i < turns + 2; ++i)
    x.open();
  CAF_CHECK(eventually([&] { return x.started >= turns; }));
  CAF_CHECK_EQUAL(x.started.load(), turns);
  for (size_t i = 0; i < 4; ++i)
    x.sockets[i]->drop();
  CAF_CHECK(eventually([&] { return x.started == turns + 2; }));
}
