// The actor in front of accounts.
#pragma once

#include "actors/store_lanes.hpp"

#include <atomic>

namespace callboard::actors {

/// Raised before a changed account is answered: who caches users reloads when
/// its copy has an older generation (A20).
using user_generation = std::shared_ptr<std::atomic<uint64_t>>;

struct user_repository_state {
  static inline const char* name = "user_repository";
  store_lanes<user> lanes;
};

user_repository_actor::behavior_type user_repository(
    user_repository_actor::stateful_pointer<user_repository_state> self,
    store_source store, user_generation generation);

} // namespace callboard::actors
