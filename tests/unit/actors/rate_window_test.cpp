#define CAF_SUITE rate_window
#include "actors/rate_window.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;

CAF_TEST(request limit plus one is refused and the window opens anew) {
  rate_window window;
  rate_rules rules{100, 0, 20};
  for (int i = 1; i <= 100; ++i) {
    auto x = take(window, rules, 1000 + i, 50);
    CAF_CHECK(x.allowed);
    CAF_CHECK_EQUAL(x.remaining, 100 - i);
  }
  auto refused = take(window, rules, 31'001, 80);
  CAF_CHECK(!refused.allowed);
  CAF_CHECK_EQUAL(refused.remaining, 0);
  CAF_CHECK_EQUAL(refused.retry_after, 30);
  CAF_CHECK_EQUAL(refused.reset, 110);
  CAF_CHECK(!take(window, rules, 61'000, 0).allowed);
  auto fresh = take(window, rules, 61'001, 110);
  CAF_CHECK(fresh.allowed);
  CAF_CHECK_EQUAL(fresh.remaining, 99);
  CAF_CHECK_EQUAL(fresh.reset, 170);
}

CAF_TEST(the token bucket under the window limits bursts only when set) {
  rate_window window;
  rate_rules rules{1000, 10, 20};
  int allowed = 0;
  for (int i = 0; i < 100; ++i)
    allowed += take(window, rules, 1000, 1).allowed ? 1 : 0;
  CAF_CHECK_EQUAL(allowed, 30);
  auto refused = take(window, rules, 1000, 1);
  CAF_CHECK_EQUAL(refused.retry_after, 1);
  CAF_CHECK(take(window, rules, 1100, 1).allowed);
  CAF_CHECK(!take(window, rules, 1100, 1).allowed);
}

CAF_TEST(a window is over a minute after its first request) {
  rate_window window;
  CAF_CHECK(is_over(window, 5));
  take(window, {}, 5, 0);
  CAF_CHECK(!is_over(window, 60'004));
  CAF_CHECK(is_over(window, 60'005));
}
