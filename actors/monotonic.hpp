// Time as limits count it: monotonic, in milliseconds.
#pragma once

#include <chrono>
#include <cstdint>

namespace callboard::actors {

/// What an actor's clock says [ms].
template <class Self>
int64_t monotonic_ms(Self* self) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             self->clock().now().time_since_epoch())
      .count();
}

/// A wait as clients are told it [s]: one that is over must not seem too short.
constexpr int64_t seconds_up(int64_t ms) { return (ms + 999) / 1000; }

} // namespace callboard::actors
