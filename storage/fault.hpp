// The errors of both drivers: what callers read, and what `transact` must know
// beyond the code.
#pragma once

#include "protocols/error.hpp"

#include <string>
#include <string_view>

namespace callboard::storage {

/// A failure that another attempt may cure; marked on errors of the code
/// `unavailable`.
enum class fault : uint8_t {
  none,
  retry,  ///< serialisation failure or deadlock: the transaction may run again
  locked, ///< a row stayed locked by somebody else for `lock_timeout`
};

caf::error make_fault(fault why);

fault fault_of(const caf::error& err);

/// The database cannot be reached or cannot work: whatever else is tried now
/// fails as well.
bool is_outage(const caf::error& err);

/// The transaction met a row that somebody else holds (`lock_wait::brief`).
bool is_locked(const caf::error& err);

/// Translates a PostgreSQL error. `message` is libpq's verbose text.
/// Unique and foreign keys: `conflict` with the constraint's name as detail;
/// statement timeout: `deadline_exceeded`; connection, resources, shutdown,
/// read-only server: `unavailable`; 40001, 40P01 and 55P03: faults; all else is
/// `internal` with the message.
caf::error postgres_error(std::string_view sqlstate, std::string_view message);

/// Translates a SQLite error by its extended result code. Constraints are named
/// as PostgreSQL would name them: `users_email_key`. Busy, full, read-only,
/// corrupt and the like: `unavailable`; interrupted: `deadline_exceeded`.
caf::error sqlite_error(int extended_code, std::string_view message);

} // namespace callboard::storage
