// Delivers the stream to the sessions of one event loop.
#pragma once

#include "actors/hub_group.hpp"
#include "protocols/child.hpp"
#include "protocols/owed.hpp"
#include "protocols/realtime.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
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
  stream_position at; ///< taken; no epoch: the feed never answered
};
using hub_registry_ptr = std::shared_ptr<hub_registry>;

/// What the members of a group are being told.
struct hub_leg {
  hub_group_ptr whom;
  caf::message what;
  size_t end = SIZE_MAX; ///< who stands before it was not told yet
};

struct hub_state {
  static inline const char* name = "hub";
  hub_settings settings;
  hub_registry_ptr kept;
  // Made from the registry.
  std::unordered_map<int64_t, hub_group_ptr> users;
  hub_group_ptr admins; ///< not among `users`
  std::vector<hub_group_ptr> wheel;
  // What is under way: some sessions at a time are told, then it is their turn.
  std::deque<hub_leg> legs;
  int64_t spread_to = 0;  ///< events up to here are in the legs, or were
  encoded_events waiting; ///< the events behind those
  caf::actor pacer;
  bool paced = false; ///< the pacer will say when to go on
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

// -- shared by its parts
// ----------------------------------------------------------

void begin_tours(hub_pointer self);

/// All members get the message behind what is under way.
void tell(hub_pointer self, hub_group_ptr whom, caf::message what);

/// All sessions hear the events that are for them. A crash loses nothing of it:
/// the next incarnation has all sessions look.
void deliver(hub_pointer self, const encoded_events_ptr& all);

} // namespace callboard::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::actors::hub_registry_ptr)
