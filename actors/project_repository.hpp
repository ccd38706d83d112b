// The actor in front of projects.
#pragma once

#include "actors/store_lanes.hpp"

namespace callboard::actors {

struct project_repository_state {
  static inline const char* name = "project_repository";
  store_lanes<project, void> lanes;
};

project_repository_actor::behavior_type project_repository(
    project_repository_actor::stateful_pointer<project_repository_state> self,
    store_source store);

} // namespace callboard::actors
