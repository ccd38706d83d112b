#define CAF_SUITE histories
#include "tests/support/history.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <cstdlib>
#include <future>

using namespace callboard;
using namespace callboard::test;

namespace {

/// `CALLBOARD_SEED`, to run one history again.
uint64_t seed() {
  auto* given = std::getenv("CALLBOARD_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'128;
}

/// What is wrong with the two answers to a step, or nothing.
std::string fault(const history& all, const step& x, const answer& one,
                  const answer& other, const twin& first, const twin& second) {
  if (one.status == 0 || one.status >= 500)
    return "failed";
  if (one.status < 300 && all.crosses_owners(x))
    return "crossed owners";
  auto a = first.normal(one);
  auto b = second.normal(other);
  return a == b ? "" : "differs:\n" + a + '\n' + b;
}

} // namespace

CAF_TEST(both databases give the same answers to ten thousand requests) {
  history all{seed()};
  twin first{serve_sqlite()};
  twin second{serve_postgres()};
  std::map<int, int> statuses;
  int faults = 0;
  for (int i = 0, n = rounds(10'000, 200'000); i < n && faults < 5; ++i) {
    auto x = all.next();
    auto beside = std::async(std::launch::async, [&] { return second.run(x); });
    auto one = first.run(x);
    auto other = beside.get();
    ++statuses[one.status];
    if (auto why = fault(all, x, one, other, first, second); !why.empty()) {
      ++faults;
      CAF_ERROR("step " << i << " of seed " << seed() << ", " << x.text() << ' '
                        << why);
    }
    all.note(x, one);
  }
  CAF_CHECK_EQUAL(faults, 0);
  // The requests were of all kinds.
  for (auto status : {200, 201, 202, 204, 400, 403, 404, 405, 409, 422})
    CAF_CHECK(statuses[status] > 0);
}
