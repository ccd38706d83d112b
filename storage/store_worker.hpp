// One connection and the thread that waits for it.
#pragma once

#include "protocols/realtime.hpp"
#include "storage/connection.hpp"

#include <functional>
#include <memory>

namespace callboard::storage {

/// How a worker introduces itself to the front of the store.
struct worker_hello {
  caf::actor worker;
  std::weak_ptr<connection> db; ///< for `interrupt` alone
  size_t pool = 0;
  bool overflow = false;
};

/// A worker has nothing to do. `healthy`: its last job reached the database.
struct worker_idle {
  caf::actor_addr worker;
  bool healthy = true;
  bool changes_tasks = false; ///< its last job may have
};

struct store_worker_state {
  static inline const char* name = "store_worker";
  std::shared_ptr<connection> db;
};

struct worker_settings {
  size_t pool = 0;
  bool overflow = false;
  /// Knows of each commit before the one who asked for it.
  stream_mark_ptr mark = nullptr;
  /// Hears after each commit what it added to the stream, ascending; on the
  /// worker's thread.
  std::function<void(events)> committed = nullptr;
};

/// Spawn it detached: it blocks in the database. Says hello to the front, then
/// tells it after each job that it is idle.
store_actor::behavior_type
store_worker(store_actor::stateful_pointer<store_worker_state> self,
             std::shared_ptr<connection> db, caf::actor front,
             worker_settings settings);

} // namespace callboard::storage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::storage::worker_hello)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::storage::worker_idle)
