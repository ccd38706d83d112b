// The steps of one sync: lock, read, resolve, import, export, mark.
#pragma once

#include "actors/schedule_sync.hpp"

namespace callboard::actors {

using schedule_sync_pointer
    = schedule_sync_actor::stateful_pointer<schedule_sync_state>;

/// Begins the next job that waits, unless one runs. A job that ends calls its
/// `done` and this.
void start_next(schedule_sync_pointer self);

/// The first step of the running job; while somebody else has the lock, again
/// on `atom::retry`.
void take_lock(schedule_sync_pointer self);

} // namespace callboard::actors
