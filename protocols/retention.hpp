// How long rows are kept that only tell of the past.
#pragma once

#include "protocols/scalar.hpp"
#include "protocols/timestamp.hpp"

#include <caf/meta/type_name.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace callboard {

enum class kept_rows : uint8_t {
  stream, ///< of events
  audit,
  executions, ///< finished ones
  tokens,     ///< refresh tokens; counted from the end of their life
  idempotency_keys,
};
template <>
inline constexpr auto enum_names<kept_rows> = std::to_array<std::string_view>(
    {"events", "audit", "executions", "tokens", "idempotency_keys"});

/// What goes next, at most `batch` rows, the oldest first.
struct retention_rule {
  kept_rows what = kept_rows::stream;
  timestamp before; ///< rows from before this instant
  int64_t rows = 0; ///< and those beyond so many; 0: any number stays
  int64_t batch = 1000;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, retention_rule& x) {
  return f(caf::meta::type_name("retention_rule"), x.what, x.before, x.rows,
           x.batch);
}

/// How many rows went since the start, by `kept_rows`; any thread.
using retention_counts
    = std::array<std::atomic<uint64_t>, enum_names<kept_rows>.size()>;
using retention_counts_ptr = std::shared_ptr<retention_counts>;

} // namespace callboard
