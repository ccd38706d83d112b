// The actor in front of refresh tokens.
#pragma once

#include "actors/store_lanes.hpp"

namespace callboard::actors {

struct token_repository_state {
  static inline const char* name = "token_repository";
  store_lanes<refresh_token> lanes;
};

token_repository_actor::behavior_type token_repository(
    token_repository_actor::stateful_pointer<token_repository_state> self,
    store_source store);

} // namespace callboard::actors
