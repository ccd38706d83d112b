// The text of the YAML file (behaviour.md section 9).
#pragma once

#include "protocols/sync.hpp"

#include <caf/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace callboard::actors {

/// Larger files are neither read nor written [bytes].
inline constexpr size_t max_schedule_bytes = size_t{4} << 20;

/// Ids beyond would leave too few for tasks to come.
inline constexpr int64_t max_schedule_id = 1'000'000'000;

/// The entries of a file. `bad_request` that names line and field: no YAML that
/// we take, unknown keys, wrong types, values that a task may not have, a
/// schedule that never matches, ids that come twice, too many tasks, an
/// `updated_at` more than five minutes after `now`. An entry without
/// `updated_at` is as old as the file.
caf::expected<std::vector<schedule_entry>>
parse_schedule(std::string_view bytes, timestamp modified, timestamp now);

/// What the file says of itself.
struct schedule_metadata {
  timestamp last_sync;
  sync_source source = sync_source::unknown;
  int64_t version = 0; ///< +1 with every sync
};

/// The file with these entries; reads back to the same.
std::string render_schedule(const std::vector<schedule_entry>& entries,
                            const schedule_metadata& about);

} // namespace callboard::actors
