// Password hashing behind a bounded queue, on threads of its own (A13): a hash
// costs a quarter of a second of CPU.
#pragma once

#include "protocols/messages.hpp"

#include <deque>
#include <functional>
#include <map>

namespace callboard::actors {

struct password_settings {
  int cost = 12;
  size_t threads = 1;
  size_t max_waiting = 64; ///< beyond those at work [count]
};

struct passwords_state {
  static inline const char* name = "passwords";

  struct job {
    int64_t deadline = 0;
    std::function<void(const password_worker_actor&)> run;
    std::function<void(caf::error)> refuse;
  };

  password_settings settings;
  std::map<uint64_t, password_worker_actor> idle;
  std::map<uint64_t, password_worker_actor> busy;
  std::deque<job> waiting;
};

/// Owns its worker threads: one that ends is replaced.
passwords_actor::behavior_type
passwords(passwords_actor::stateful_pointer<passwords_state> self,
          password_settings settings);

} // namespace callboard::actors
