// The actor in front of the runs of tasks.
#pragma once

#include "actors/store_lanes.hpp"

namespace callboard::actors {

struct execution_repository_state {
  static inline const char* name = "execution_repository";
  store_lanes<execution, void> lanes;
};

execution_repository_actor::behavior_type execution_repository(
    execution_repository_actor::stateful_pointer<execution_repository_state>
        self,
    store_source store);

} // namespace callboard::actors
