// What the edge counts. Each loop has counters of its own, which it alone
// writes: no lock and no locked instruction; they are summed when somebody
// reads.
#pragma once

#include "net/exposition.hpp"
#include "net/http.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace callboard::net {

class router;

/// The upper bounds of a duration's buckets [s]; behind them is `+Inf`.
inline constexpr std::array<double, 11> duration_bounds{
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};

/// Why a request, or a connection, was not served.
enum class refusal_kind : uint8_t { in_flight, rate_limit };

/// The requests of one row: of a route, or of all that is no route.
struct route_counts {
  static constexpr size_t verbs = 8;   ///< of `verb`
  static constexpr size_t classes = 5; ///< 1xx ... 5xx

  std::array<uint64_t, verbs * classes> answers{};
  std::array<uint64_t, duration_bounds.size() + 1> durations{};
  uint64_t nanoseconds = 0;
};

/// Of one loop; written on its thread alone, read from any.
class loop_counters {
public:
  /// `routes`: how many the table has.
  explicit loop_counters(size_t routes);

  /// An answer. `route`: its index, or the number of routes for none. `took`:
  /// from its last byte until the answer was made.
  void count(size_t route, verb method, unsigned status,
             std::chrono::nanoseconds took);
  void count(refusal_kind why);

  void add_to(std::span<route_counts> rows) const;
  uint64_t refused(refusal_kind why) const;

private:
  using counter = std::atomic<uint64_t>;
  static constexpr size_t width = route_counts::verbs * route_counts::classes
                                  + duration_bounds.size() + 2;

  std::vector<counter> rows_; ///< `width` each: answers, durations, time
  std::array<counter, 2> refused_{};
};

/// The counters of all loops.
class request_metrics {
public:
  /// Those of a new loop. Any thread, before its first request.
  loop_counters& add_loop(size_t routes);

  uint64_t refused(refusal_kind why) const;

  /// Writes the families of requests; `table` names the routes.
  void write(exposition& out, const router& table) const;

private:
  mutable std::mutex mutex_; // guards the list, not the counters
  std::vector<std::unique_ptr<loop_counters>> loops_;
};

} // namespace callboard::net
