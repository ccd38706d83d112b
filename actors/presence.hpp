// Who is connected to this process, and how others hear of it.
#pragma once

#include "protocols/child.hpp"
#include "protocols/realtime.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace callboard::actors {

struct presence_settings {
  /// Looked up at each send, so that a restart leaves no stale handle.
  std::function<event_repository_actor()> events;
  std::chrono::milliseconds sweep{1000};
  /// Who is back within this time was never away.
  std::chrono::milliseconds grace{5000};
  size_t batch = 500; ///< announcements written at once [count]
  /// Of those who just went at most so many are known [count]: a crowd that
  /// comes and goes costs no memory.
  size_t departures = 1'000;
};

struct present_connection {
  presence_entry entry;
  caf::actor session;
};

/// What is known of a connection that went: its id stays its user's.
struct departure {
  int64_t user_id = 0;
  int64_t at = 0; ///< monotonic [ms]
};

/// A user who is connected, or whose going was not announced yet.
struct present_user {
  std::string username;
  size_t connections = 0; ///< with a session [count]
  int64_t gone_at = 0;    ///< when the last of them went; monotonic [ms]
  bool announced = false; ///< `presence_joined` is written
};

/// Stands in the record: the next incarnation has it too (A16).
struct presence_registry {
  std::unordered_map<std::string, present_connection> connections;
  std::unordered_map<caf::actor_id, std::string> ids; ///< of sessions
  std::unordered_map<std::string, departure> gone;
  std::unordered_map<int64_t, present_user> users;
  std::unordered_set<int64_t> changed; ///< users to look at
};
using presence_registry_ptr = std::shared_ptr<presence_registry>;

struct presence_state {
  static inline const char* name = "presence";
  presence_settings settings;
  presence_registry_ptr kept;
  bool writing = false;
};

using presence_pointer = presence_actor::stateful_pointer<presence_state>;

/// Events `presence_joined` and `presence_left` (channel `presence`, for
/// admins) tell of users, not of connections; anonymous ones are not told of.
presence_actor::behavior_type presence(presence_pointer self,
                                       const child_ptr& me,
                                       presence_settings settings);

} // namespace callboard::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::actors::presence_registry_ptr)
