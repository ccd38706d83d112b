// Delivers the stream to the sessions of one event loop.
#pragma once

#include "protocols/child.hpp"
#include "protocols/owed.hpp"
#include "protocols/realtime.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace callboard::actors {

struct hub_settings {
  std::function<event_feed_actor()> feed; ///< looked up at each send
  int64_t sweep_rounds = 5; ///< a session is swept once in so many seconds
};

struct hub_session {
  caf::actor handle;
  audience_of_session who;
  bool joined = false;
};

/// Stands in the record: the next incarnation has it too (A16).
struct hub_registry {
  std::unordered_map<caf::actor_id, hub_session> sessions;
  stream_position at; ///< delivered; no epoch: the feed never answered
};
using hub_registry_ptr = std::shared_ptr<hub_registry>;

struct hub_state {
  static inline const char* name = "hub";

  struct waiting {
    caf::actor_id session = 0;
    owed<caf::typed_response_promise<stream_position>> promise;
  };

  hub_settings settings;
  hub_registry_ptr kept;
  // Made from the registry.
  std::unordered_map<int64_t, std::unordered_set<caf::actor_id>> users;
  std::vector<std::unordered_set<caf::actor_id>> wheel;
  std::unordered_set<caf::actor_id> strangers; ///< swept each second
  std::vector<waiting> joining; ///< until the feed has answered
  caf::actor_addr feed;         ///< at which it is registered
  bool asking = false;
  size_t round = 0;
};

using hub_pointer = hub_actor::stateful_pointer<hub_state>;

hub_actor::behavior_type hub(hub_pointer self, const child_ptr& me,
                             hub_settings settings);

} // namespace callboard::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::actors::hub_registry_ptr)
