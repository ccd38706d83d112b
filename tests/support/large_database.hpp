// A database of 100,000 rows per table.
#pragma once

#include "tests/support/test_database.hpp"

#include <cstdint>

namespace callboard::test {

inline constexpr int64_t large_rows = 100'000; ///< per table
inline constexpr int64_t owners = 100;         ///< users who have the rows
inline constexpr int64_t owned_rows = large_rows / owners;

/// The one of this test executable, filled by its first use; PostgreSQL knows
/// its statistics. User 1 is the only admin; user n has each hundredth row.
/// Tables: users, refresh_tokens, projects, agents, scheduled_tasks,
/// execution_results, audit_logs, memory_entries.
test_database& large_database(storage::dialect_kind kind);

} // namespace callboard::test
