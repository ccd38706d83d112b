// The actor in front of the memory.
#pragma once

#include "actors/store_lanes.hpp"

namespace callboard::actors {

struct memory_repository_state {
  static inline const char* name = "memory_repository";
  store_lanes<memory_entry, void> lanes;
};

memory_repository_actor::behavior_type memory_repository(
    memory_repository_actor::stateful_pointer<memory_repository_state> self,
    store_source store);

} // namespace callboard::actors
