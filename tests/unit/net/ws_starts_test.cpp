#define CAF_SUITE ws_starts
#include "net/ws_starts.hpp"

#include <boost/asio/post.hpp>
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <vector>

using namespace callboard::net;

namespace {

struct fixture {
  /// Each of `n` notes that it begins, or that it is gone.
  void enter(size_t n, bool begins = true) {
    for (size_t i = 0; i < n; ++i)
      subject->enter([this, begins] {
        begins ? ++begun : ++gone;
        return begins;
      });
  }

  /// One of those that began is ready.
  void leave() {
    subject->leave();
    loop.restart();
    loop.run();
  }

  boost::asio::io_context loop;
  std::shared_ptr<ws_starts> subject = std::make_shared<ws_starts>(loop);
  size_t begun = 0;
  size_t gone = 0;
};

constexpr auto at_once = ws_starts::at_once;

} // namespace

CAF_TEST_FIXTURE_SCOPE(ws_starts_tests, fixture)

CAF_TEST(so many begin at once and the next one when one is ready) {
  enter(at_once + 2);
  CAF_CHECK_EQUAL(begun, at_once);
  leave();
  CAF_CHECK_EQUAL(begun, at_once + 1);
  leave();
  leave();
  CAF_CHECK_EQUAL(begun, at_once + 2);
  enter(1); // there is one place
  CAF_CHECK_EQUAL(begun, at_once + 3);
  enter(1);
  CAF_CHECK_EQUAL(begun, at_once + 3);
}

CAF_TEST(the next one begins behind what waits on the loop) {
  enter(at_once + 1);
  std::vector<size_t> seen;
  boost::asio::post(loop, [&] { seen.push_back(begun); });
  leave();
  CAF_REQUIRE_EQUAL(seen.size(), 1u);
  CAF_CHECK_EQUAL(seen[0], at_once);
  CAF_CHECK_EQUAL(begun, at_once + 1);
}

CAF_TEST(those who are gone leave their turn to others) {
  enter(at_once);
  enter(3, false);
  enter(1);
  leave();
  CAF_CHECK_EQUAL(gone, 3u);
  CAF_CHECK_EQUAL(begun, at_once + 1);
}

CAF_TEST(who is gone at once takes no place) {
  enter(100, false);
  CAF_CHECK_EQUAL(gone, 100u);
  enter(at_once);
  CAF_CHECK_EQUAL(begun, at_once);
}

CAF_TEST_FIXTURE_SCOPE_END()
