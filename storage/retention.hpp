// Removes rows that only tell of the past.
#pragma once

#include "protocols/retention.hpp"
#include "storage/connection.hpp"

namespace callboard::storage {

/// One batch, in a transaction of its own: how many rows went. Rows that
/// somebody else holds are left for the next time. `deadline` as in `call`.
caf::expected<int64_t> prune(connection& db, const retention_rule& rule,
                             int64_t deadline);

} // namespace callboard::storage
