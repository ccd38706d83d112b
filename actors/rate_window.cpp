#include "actors/rate_window.hpp"

#include "actors/monotonic.hpp"

#include <algorithm>
#include <cmath>

namespace callboard::actors {

namespace {

constexpr int64_t window_ms
    = std::chrono::milliseconds{rate_window_length}.count();

/// Takes a token if there is one. @returns [ms] to wait, 0 if it took one.
int64_t take_token(rate_window& window, const rate_rules& rules, int64_t now) {
  auto rate = static_cast<double>(rules.rps);
  auto capacity = static_cast<double>(rules.rps + rules.burst);
  auto passed = static_cast<double>(now - window.refilled) / 1000;
  window.tokens = window.refilled == 0
                      ? capacity
                      : std::min(capacity, window.tokens + passed * rate);
  window.refilled = now;
  if (window.tokens >= 1) {
    window.tokens -= 1;
    return 0;
  }
  return static_cast<int64_t>(std::ceil((1 - window.tokens) / rate * 1000));
}

} // namespace

quota take(rate_window& window, const rate_rules& rules, int64_t now,
           int64_t wall) {
  if (is_over(window, now)) {
    window.started = now;
    window.count = 0;
  }
  ++window.count;
  auto left_ms = window.started + window_ms - now;
  quota out;
  out.limit = rules.limit;
  out.remaining = std::max<int64_t>(0, rules.limit - window.count);
  out.reset = wall + seconds_up(left_ms);
  auto wait_ms = window.count > rules.limit ? left_ms : 0;
  if (wait_ms == 0 && rules.rps > 0)
    wait_ms = take_token(window, rules, now);
  if (wait_ms > 0) {
    out.allowed = false;
    out.retry_after = std::max<int64_t>(1, seconds_up(wait_ms));
  }
  return out;
}

bool is_over(const rate_window& window, int64_t now) {
  return window.started == 0 || now >= window.started + window_ms;
}

} // namespace callboard::actors
