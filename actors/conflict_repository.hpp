// The actor in front of sync conflicts: orders and asks.
#pragma once

#include "actors/store_lanes.hpp"

namespace callboard::actors {

struct conflict_repository_state {
  static inline const char* name = "conflict_repository";
  store_lanes<sync_conflict, void> lanes;
};

conflict_repository_actor::behavior_type conflict_repository(
    conflict_repository_actor::stateful_pointer<conflict_repository_state> self,
    store_source store);

} // namespace callboard::actors
