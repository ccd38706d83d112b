// Notices that the root supervisor gave up: the process ends then.
#pragma once

#include <caf/all.hpp>

#include <atomic>
#include <memory>

namespace callboard {

/// Shared by the watcher and the main thread.
struct root_watch {
  std::atomic<bool> expected{false}; ///< we end the tree ourselves
  std::atomic<bool> gave_up{false};
};

/// Sets `gave_up` and sends SIGTERM to the process when `root` ends and nobody
/// `expected` it. Somebody must hold the actor: a monitor does not.
caf::behavior watch_root(caf::event_based_actor* self, const caf::actor& root,
                         std::shared_ptr<root_watch> watch);

} // namespace callboard
