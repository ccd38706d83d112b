// The protocol of one connection, without its socket (websocket.md).
#pragma once

#include "actors/subscription.hpp"
#include "protocols/realtime.hpp"
#include "protocols/server_message.hpp"
#include "protocols/signing_keys.hpp"

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace callboard::actors {

/// Shared by all sessions of a loop. Handles are looked up at each send, so
/// that a restart leaves no stale one.
struct ws_session_settings {
  signing_keys keys{std::string{}};
  std::chrono::milliseconds heartbeat_interval{30'000};
  std::chrono::milliseconds heartbeat_timeout{60'000};
  std::chrono::milliseconds login_time{10'000}; ///< without credentials
  bool allow_anonymous = false;
  int64_t single_user = 0; ///< who comes without a token; 0: nobody
  stream_mark_ptr mark;    ///< what this process committed; never null
  std::function<user_repository_actor()> users;
  std::function<hub_actor()> hub; ///< of the session's loop
  std::function<presence_actor()> presence;
  std::function<event_feed_actor()> feed;
  int64_t max_replayed = 100'000; ///< more missed events are a gap [count]
  size_t max_kept = 1000;         ///< of them in memory at once [count]
  size_t max_waiting = 200;       ///< frames in the socket, replaying [count]
  int max_attempts = 40;          ///< at an actor that does not answer
};
using ws_session_settings_ptr = std::shared_ptr<const ws_session_settings>;

enum class session_stage : uint8_t {
  nobody,    ///< waits for credentials
  checking,  ///< asks whose they are
  joining,   ///< asks presence, then the hub
  counting,  ///< how many events were missed: the ack says it
  replaying, ///< what was missed, as the socket takes it
  live,
  closed,
};

/// Whom the credentials were for.
struct ws_identity {
  audience_of_session who;
  std::string username;
  int64_t expires_at = 0; ///< monotonic [ms]; 0: never
};

struct ws_session_state {
  static inline const char* name = "ws_session";

  ws_session_settings_ptr settings;
  session_start start;
  session_stage stage = session_stage::nobody;
  int64_t began_at = 0;  ///< monotonic [ms]
  int64_t pinged_at = 0; ///< monotonic [ms]
  ws_identity me;
  bool renewing = false;           ///< a fresh token is being checked
  std::vector<revocation> revoked; ///< heard meanwhile
  bool present = false;            ///< presence knows of it
  int attempts = 0;
  bool retrying = false;
  bool expiry_timed = false;
  std::list<client_message> held; ///< until the first ack

  // The stream. All up to `seen` was sent or is not for this client.
  std::string epoch;
  int64_t seen = 0;
  /// What takes a right away counts behind this position alone: the rest was
  /// known when the user was looked up, or was regarded already.
  int64_t vetted = 0;
  subscription wanted;

  // Behind a position, up to another one.
  int64_t until = 0;       ///< known to be there for this session
  int64_t count_until = 0; ///< committed, as far as anybody said
  int64_t counted_to = 0;
  int64_t missed = 0;   ///< wanted events up to `counted_to` [count]
  int64_t kept_to = 0;  ///< all up to here was sent or stands in `kept`
  int64_t fallback = 0; ///< where it was before it went back
  bool asking = false;
  uint64_t round = 0; ///< an answer to a question of another one is void
  std::list<encoded_event_ptr> kept;
  std::function<void(const resume_result&)> tell; ///< sends the ack

  // Gathered for a batch.
  std::vector<encoded_event_ptr> batch;
  int64_t batch_from = 0; ///< `seen` before it
  bool batch_timed = false;
};

using ws_session_pointer = ws_session_actor::stateful_pointer<ws_session_state>;

ws_session_actor::behavior_type ws_session(ws_session_pointer self,
                                           ws_session_settings_ptr settings,
                                           session_start start);

// -- shared by its parts
// ----------------------------------------------------------

/// `event_id` of the last event sent; empty before the hub was joined.
std::string last_event_id(const ws_session_state& x);

void send(ws_session_pointer self, frame_ptr x);

/// Says goodbye and ends the session.
void close(ws_session_pointer self, close_code code, std::string_view reason);

/// Tries again in a moment, or closes with 1013 after too many times.
void try_later(ws_session_pointer self);

/// Has the first ack been sent?
bool joined(const ws_session_state& x);

/// What was held back until the first ack.
void take_held(ws_session_pointer self);

} // namespace callboard::actors
