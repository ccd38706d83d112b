// A transaction around a function: all of it, or nothing.
#pragma once

#include "storage/connection.hpp"

#include <caf/expected.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace callboard::storage {

/// How long a transaction waits for a row that somebody else has locked.
enum class lock_wait : uint8_t {
  brief,   ///< 100 ms, then it fails with `is_locked`
  patient, ///< until the deadline
};

/// What is left until a deadline as in `call`, at least 0 and at most an hour.
std::chrono::milliseconds remaining_until(int64_t deadline);

/// Begins, runs `body`, commits if it returns no error, else rolls back. Runs
/// it again after a serialisation failure or a deadlock, within the deadline.
/// An exception of `body` becomes `internal`. A connection lost during the
/// commit is `unavailable`: nobody knows, so nothing is repeated.
caf::error run_transaction(connection& db, int64_t deadline, lock_wait how,
                           const std::function<caf::error()>& body);

/// As `run_transaction`, with the value of `run() -> caf::expected<T>`.
template <class T, class F>
caf::expected<T> transact(connection& db, int64_t deadline, lock_wait how,
                          F&& run) {
  caf::expected<T> result{caf::error{}};
  auto err = run_transaction(db, deadline, how, [&] {
    result = run();
    return result ? caf::error{} : result.error();
  });
  if (err)
    return err;
  return result;
}

} // namespace callboard::storage
