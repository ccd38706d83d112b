// The actor in front of the stream's rows.
#pragma once

#include "actors/store_lanes.hpp"
#include "protocols/realtime.hpp"

namespace callboard::actors {

struct event_repository_state {
  static inline const char* name = "event_repository";
};

event_repository_actor::behavior_type event_repository(
    event_repository_actor::stateful_pointer<event_repository_state> self,
    store_source store);

} // namespace callboard::actors
