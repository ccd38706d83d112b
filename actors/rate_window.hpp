// The arithmetic of a rate limit: a fixed window that starts with the first
// request, and an optional token bucket under it (behaviour.md section 4, D16).
#pragma once

#include "protocols/messages.hpp"

#include <cstdint>

namespace callboard::actors {

struct rate_rules {
  int64_t limit = 100; ///< requests per window [count]
  int64_t rps = 0;     ///< refill of the token bucket [1/s]; 0: no bucket
  int64_t burst = 20;  ///< its capacity is `rps + burst` [count]
};

/// What a bucket remembers, and hands over when it crashes (A16). Times are
/// monotonic [ms].
struct rate_window {
  int64_t started = 0; ///< 0: no request yet
  int64_t count = 0;   ///< requests in this window, refused ones too
  double tokens = 0;
  int64_t refilled = 0;
};

/// Counts one request. `now`: monotonic [ms]; `wall`: seconds since 1970, for
/// `quota::reset` alone, so a stepped clock changes no limit.
quota take(rate_window& window, const rate_rules& rules, int64_t now,
           int64_t wall);

/// True once nothing in the window limits anybody any more.
bool is_over(const rate_window& window, int64_t now);

} // namespace callboard::actors
