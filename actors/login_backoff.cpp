#include "actors/login_backoff.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

/// The wait after this many failures beyond the free ones [ms].
int64_t wait_after(int64_t excess, const backoff_rules& rules) {
  constexpr int64_t most_doublings = 30; // beyond every `longest`
  auto doublings = std::min(excess - 1, most_doublings);
  return std::min(rules.first.count() << doublings, rules.longest.count());
}

} // namespace

int64_t wait_of(const attempts& x, int64_t now) {
  return std::max<int64_t>(0, x.blocked_until - now);
}

void count(attempts& x, const backoff_rules& rules, int64_t now) {
  if (is_forgotten(x, rules, now))
    x = {};
  x.last = now;
  if (++x.failures > rules.free)
    x.blocked_until = now + wait_after(x.failures - rules.free, rules);
}

void take_back(attempts& x) {
  x.failures = std::max<int64_t>(0, x.failures - 1);
  x.blocked_until = 0;
}

bool is_forgotten(const attempts& x, const backoff_rules& rules, int64_t now) {
  return x.failures == 0 || now - x.last >= rules.memory.count();
}

} // namespace callboard::actors
