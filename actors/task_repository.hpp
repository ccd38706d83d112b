// The actor in front of scheduled tasks: orders, asks and announces.
#pragma once

#include "actors/store_lanes.hpp"

namespace callboard::actors {

struct task_repository_state {
  static inline const char* name = "task_repository";
  store_lanes<task, task_detail> lanes;
};

task_repository_actor::behavior_type task_repository(
    task_repository_actor::stateful_pointer<task_repository_state> self,
    store_source store);

} // namespace callboard::actors
