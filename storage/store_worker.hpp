// One connection and the thread that waits for it.
#pragma once

#include "protocols/realtime.hpp"
#include "storage/worker_board.hpp"

#include <functional>
#include <memory>

namespace callboard::storage {

/// A worker has nothing to do. `healthy`: its last job reached the database.
struct worker_idle {
  caf::actor_addr worker;
  bool healthy = true;
  bool changes_tasks = false; ///< its last job may have
  bool pinged = false;        ///< its last job was a ping
};

struct store_worker_state {
  static inline const char* name = "store_worker";
  std::shared_ptr<connection> db;
};

/// The present front; null while there is none.
using front_source = std::function<caf::actor()>;

struct worker_settings {
  front_source front;
  worker_board_ptr board;
  size_t pool = 0;
  bool overflow = false;
  /// Knows of each commit before the one who asked for it.
  stream_mark_ptr mark = nullptr;
  /// Hears after each commit what it added to the stream, ascending; on the
  /// worker's thread.
  std::function<void(events)> committed = nullptr;
};

/// Spawn it detached: it blocks in the database. Says hello on the board and to
/// the front, then tells the front after each job that it is idle.
store_actor::behavior_type
store_worker(store_actor::stateful_pointer<store_worker_state> self,
             std::shared_ptr<connection> db, worker_settings settings);

} // namespace callboard::storage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::storage::worker_idle)
