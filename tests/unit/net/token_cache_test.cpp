#define CAF_SUITE token_cache
#include "net/token_cache.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

namespace {

constexpr int64_t time_now = 1'800'000'000;

struct fixture {
  std::string token(int64_t id, int64_t exp,
                    token_type type = token_type::access) {
    claims x;
    x.user_id = id;
    x.exp = exp;
    x.type = type;
    return sign_jwt(keys.current(), x);
  }

  signing_keys keys{"0123456789abcdef0123456789abcdef"};
  token_cache subject{keys};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(token_cache_tests, fixture)

CAF_TEST(a token says the same each time and is kept once) {
  auto text = token(7, time_now + 60);
  for (int i = 0; i < 3; ++i) {
    auto x = subject.verify(text, time_now);
    CAF_REQUIRE(x);
    CAF_CHECK_EQUAL((*x)->user_id, 7);
  }
  CAF_CHECK_EQUAL(subject.size(), 1u);
}

CAF_TEST(a known token ends with its time) {
  auto text = token(7, time_now + 60);
  CAF_CHECK(subject.verify(text, time_now + 59));
  CAF_CHECK(!subject.verify(text, time_now + 60));
  CAF_CHECK_EQUAL(subject.size(), 0u);
  CAF_CHECK(!subject.verify(text, time_now + 61));
}

CAF_TEST(what is refused is not kept) {
  auto good = token(7, time_now + 60);
  auto forged
      = good.substr(0, good.size() - 1) + (good.back() == 'A' ? 'B' : 'A');
  CAF_CHECK(!subject.verify(forged, time_now));
  CAF_CHECK(!subject.verify(token(7, time_now - 1), time_now));
  CAF_CHECK(
      !subject.verify(token(7, time_now + 60, token_type::refresh), time_now));
  CAF_CHECK(!subject.verify("", time_now));
  CAF_CHECK_EQUAL(subject.size(), 0u);
  CAF_CHECK(subject.verify(good, time_now));
  CAF_CHECK(!subject.verify(forged, time_now)); // the good one is known
}

CAF_TEST(no more than so many are kept) {
  auto n = static_cast<int64_t>(token_cache::max_entries);
  for (int64_t i = 1; i <= n + 1; ++i)
    CAF_REQUIRE(subject.verify(token(i, time_now + 60), time_now));
  CAF_CHECK_EQUAL(subject.size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
