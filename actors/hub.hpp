// Delivers the stream to the sessions of one event loop.
#pragma once

#include "actors/hub_group.hpp"
#include "protocols/child.hpp"
#include "protocols/owed.hpp"
#include "protocols/realtime.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace callboard::actors {

struct hub_settings {
  std::function<event_feed_actor()> feed; ///< looked up at each send
  /// A session is swept once in so many rounds.
  std::chrono::milliseconds round{1000};
  int64_t rounds = 5;
};

/// Sweeps often enough for heartbeats in this interval.
void set_heartbeat(hub_settings& x, std::chrono::milliseconds interval);

/// Stands in the record: the next incarnation has it too (A16).
struct hub_registry {
  std::unordered_map<caf::actor_id, hub_session> sessions;
  stream_position at; ///< delivered; no epoch: the feed never answered
};
using hub_registry_ptr = std::shared_ptr<hub_registry>;

struct hub_state {
  static inline const char* name = "hub";
  hub_settings settings;
  hub_registry_ptr kept;
  // Made from the registry.
  std::unordered_map<int64_t, hub_group> users;
  hub_group admins{&hub_session::audience_place}; ///< not among `users`
  std::vector<hub_group> wheel;
  /// Who joined before the feed had answered.
  std::vector<owed<caf::typed_response_promise<stream_position>>> joining;
  caf::actor_addr feed; ///< at which it is registered
  bool asking = false;
  bool adopted = false; ///< sessions of an incarnation that crashed
  size_t turn = 0;
};

using hub_pointer = hub_actor::stateful_pointer<hub_state>;

hub_actor::behavior_type hub(hub_pointer self, const child_ptr& me,
                             hub_settings settings);

} // namespace callboard::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::actors::hub_registry_ptr)
