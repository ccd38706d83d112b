// Which workers there are, beside the front that gives them jobs: a front that
// starts again finds them here.
#pragma once

#include "storage/connection.hpp"

#include <caf/all.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace callboard::storage {

/// How a worker introduces itself.
struct worker_hello {
  caf::actor_addr worker;
  std::weak_ptr<connection> db; ///< for `interrupt`; closed by the worker
  size_t pool = 0;
  bool overflow = false;
};

/// Any thread.
class worker_board {
public:
  void add(worker_hello x) {
    std::lock_guard guard{mutex_};
    all_.push_back(std::move(x));
  }

  void remove(const caf::actor_addr& worker) {
    std::lock_guard guard{mutex_};
    std::erase_if(all_, [&](auto& x) { return x.worker == worker; });
  }

  std::vector<worker_hello> all() const {
    std::lock_guard guard{mutex_};
    return all_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<worker_hello> all_;
};

using worker_board_ptr = std::shared_ptr<worker_board>;

} // namespace callboard::storage

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::storage::worker_hello)
