// One bucket: counts the requests of one client under one limit.
#pragma once

#include "actors/rate_window.hpp"
#include "protocols/supervised.hpp"

namespace callboard::actors {

struct rate_limit_bucket_state {
  static inline const char* name = "rate_limit_bucket";
  rate_window window;
};

/// Starts from what the last incarnation kept in `me`, and keeps its window
/// there with every request: a crash resets no limit (A16). Takes `atom::stop`
/// as the sign to end, behind all requests that were passed on before.
rate_limit_bucket_actor::behavior_type rate_limit_bucket(
    rate_limit_bucket_actor::stateful_pointer<rate_limit_bucket_state> self,
    const child_ptr& me, rate_rules rules);

} // namespace callboard::actors
