// One transaction for a batch of decisions: read and lock the set, decide in
// C++, write the set, its audit entries and its events (A4).
#pragma once

#include "protocols/store.hpp"
#include "storage/connection.hpp"

namespace callboard::storage {

/// Fills `batch.results`, one per request, and `batch.committed`. If the
/// database refuses the batch as a whole, it is rolled back and each request
/// runs alone; one that meets a locked row is listed in `batch.blocked` and
/// left without result. The error is the whole batch's: no connection,
/// deadline.
template <class T>
caf::error run_changes(connection& db, change_batch<T>& batch);

/// Fills `batch.results`, one per selector, with one statement per lookup.
template <class T>
caf::error run_fetches(connection& db, fetch_batch<T>& batch);

/// Tasks with their newest executions.
caf::error run_fetches(connection& db, fetch_batch<task_detail>& batch);

} // namespace callboard::storage
