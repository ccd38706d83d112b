// The arithmetic of failed logins: some are free, then each one doubles the
// wait until the next.
#pragma once

#include <chrono>
#include <cstdint>

namespace callboard::actors {

struct backoff_rules {
  int64_t free = 5;                                 ///< failures without a wait
  std::chrono::milliseconds first{1000};            ///< wait after the next one
  std::chrono::milliseconds longest{900'000};       ///< no wait is longer
  std::chrono::milliseconds memory{24 * 3'600'000}; ///< then all is forgotten
};

/// What is remembered of one kind of attempts. Times are monotonic [ms].
struct attempts {
  int64_t failures = 0;
  int64_t blocked_until = 0;
  int64_t last = 0;
};

/// 0: an attempt is allowed now, else how long it must wait [ms].
int64_t wait_of(const attempts& x, int64_t now);

/// Counts an attempt as a failure before it is known to be one: of many at
/// once, no more than the free ones are tried.
void count(attempts& x, const backoff_rules& rules, int64_t now);

/// Takes one back that was not tried after all.
void take_back(attempts& x);

bool is_forgotten(const attempts& x, const backoff_rules& rules, int64_t now);

} // namespace callboard::actors
