// Keeps the tables that only grow within their bounds.
#pragma once

#include "actors/store_lanes.hpp"
#include "protocols/retention.hpp"

#include <chrono>
#include <vector>

namespace callboard::actors {

/// How long, and how many, rows of one kind are kept.
struct retention_limit {
  kept_rows what = kept_rows::stream;
  std::chrono::days days{0}; ///< 0: for ever; of tokens: beyond their life
  int64_t rows = 0;          ///< 0: any number
};

struct retention_settings {
  std::vector<retention_limit> limits;
  std::chrono::milliseconds interval{60'000};
  int64_t batch = 1000;
  retention_counts_ptr removed;
};

struct retention_state {
  static inline const char* name = "retention";
  retention_settings settings;
  store_source store;
  size_t next = 0;     ///< the limit that is being kept
  int64_t removed = 0; ///< rows for its sake, in this round
};

/// Every interval, one batch after another until nothing is left to remove; a
/// failure is logged, and tried again an interval later.
retention_actor::behavior_type
retention(retention_actor::stateful_pointer<retention_state> self,
          store_source store, retention_settings settings);

} // namespace callboard::actors
