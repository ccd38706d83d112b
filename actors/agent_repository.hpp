// The actor in front of the shared registry of agents.
#pragma once

#include "actors/store_lanes.hpp"

namespace callboard::actors {

struct agent_repository_state {
  static inline const char* name = "agent_repository";
  store_lanes<agent, void> lanes;
};

agent_repository_actor::behavior_type agent_repository(
    agent_repository_actor::stateful_pointer<agent_repository_state> self,
    store_source store);

} // namespace callboard::actors
