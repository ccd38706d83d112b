// The actor in front of the audit log: for admins, and to read alone.
#pragma once

#include "actors/store_lanes.hpp"

namespace callboard::actors {

struct audit_repository_state {
  static inline const char* name = "audit_repository";
};

audit_repository_actor::behavior_type audit_repository(
    audit_repository_actor::stateful_pointer<audit_repository_state> self,
    store_source store);

} // namespace callboard::actors
