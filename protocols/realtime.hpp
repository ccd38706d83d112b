// From a commit to a socket: frames, and the actors between the stream of
// events and the clients (websocket.md). `publish` crosses nodes as plain
// events; behind the feed, frames are encoded once and shared (A12), so those
// messages stay in the process.
#pragma once

#include "protocols/event.hpp"
#include "protocols/messages.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

// -- frames
// ---------------------------------------------------------------------

/// A text message, encoded once for all who get it: one whole unmasked frame
/// (RFC 6455 section 5.2).
struct frame {
  std::string bytes;
  size_t text_at = 0; ///< where the message begins in `bytes`

  std::string_view text() const {
    return std::string_view{bytes}.substr(text_at);
  }
};
using frame_ptr = std::shared_ptr<const frame>;

frame_ptr make_frame(std::string_view text);

/// RFC 6455 section 7.4, and ours from 4000 on (websocket.md section 3).
enum class close_code : uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003, ///< a binary message
  no_status = 1005,   ///< never sent
  invalid_text = 1007,
  policy = 1008,
  too_large = 1009,
  internal = 1011,
  overloaded = 1013,
  silent = 4000,   ///< nothing heard for too long
  replaced = 4001, ///< by a newer connection of the same id
};

// -- positions
// ------------------------------------------------------------------

/// A place in the stream; on the wire `<epoch>-<position>` (A6).
struct stream_position {
  std::string epoch; ///< UUID
  int64_t position = 0;
  bool operator==(const stream_position&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stream_position& x) {
  return f(caf::meta::type_name("stream_position"), x.epoch, x.position);
}

std::string to_text(const stream_position& x);

/// Nothing if the text is none that `to_text` makes.
std::optional<stream_position> read_stream_position(std::string_view text);

/// What this process knows of the stream: the epoch, and a position that is
/// committed (others may have committed more). Any thread.
struct stream_mark {
  std::string epoch; ///< set before the first actor starts
  std::atomic<int64_t> committed{0};

  /// Never goes back.
  void advance(int64_t position);
};
using stream_mark_ptr = std::shared_ptr<stream_mark>;

// -- events
// ---------------------------------------------------------------------

/// An event ready for sockets. Of the channel `control` (never shown to
/// clients, see `revocation`) there is no frame.
struct encoded_event {
  event row;
  frame_ptr whole;    ///< for its owner and admins
  frame_ptr redacted; ///< for all others: `whole` unless `row.redacted`
  frame_ptr sync;     ///< as `/ws/sync` has it; null on other channels
};
using encoded_event_ptr = std::shared_ptr<const encoded_event>;
using encoded_events = std::vector<encoded_event_ptr>;
/// One list for all hubs and sessions.
using encoded_events_ptr = std::shared_ptr<const encoded_events>;

/// Which sessions lose their right: an event of the channel `control`, written
/// with the change that takes it.
struct revocation {
  int64_t user_id = 0;
  bool all = false; ///< else the `families` alone
  std::string keep; ///< with `all`: but for this family; empty: none
  std::vector<std::string> families;
  bool operator==(const revocation&) const = default;
};

event access_revoked(const revocation& what, timestamp at);

/// Nothing for other events.
std::optional<revocation> read_revocation(const event& x);

// -- sessions
// -------------------------------------------------------------------

/// `/ws` or `/ws/sync`.
enum class session_kind : uint8_t { main, sync };

/// The socket of a session, as the session sees it. Its loop's thread alone.
/// Its destruction tells the socket that the session is gone: 1011, unless it
/// was closed before.
class session_socket {
public:
  virtual ~session_socket() = default;
  /// Queues; never waits. When too much waits (1000 frames or 4 MiB) the socket
  /// closes with 1013.
  virtual void send(frame_ptr x) = 0;
  /// Queues a ping (a control frame).
  virtual void ping() = 0;
  /// Says goodbye behind what is queued; nothing is sent or heard afterwards.
  virtual void close(close_code code, std::string_view reason) = 0;
  /// Frames that wait to be written [count].
  virtual size_t waiting() const = 0;
  /// Asks for one `(touch)` at the session, as a message, as soon as less than
  /// 100 frames wait; asking twice gives one.
  virtual void when_drained() = 0;
  /// When the client was last heard, by any frame; monotonic [ms].
  virtual int64_t heard_at() const = 0;
};

/// What a session begins with.
struct session_start {
  call who; ///< request id, address, user agent; nobody yet
  session_kind kind = session_kind::main;
  std::string token;         ///< of the handshake; empty: none
  std::string connection_id; ///< wished for; empty: none
  std::string last_event_id; ///< to resume behind; empty: none
  std::shared_ptr<session_socket> socket;
};

/// One connection, for whom it is interesting.
struct presence_entry {
  std::string connection_id;
  int64_t user_id = 0; ///< 0: anonymous
  std::string username;
  std::string address;
  std::string user_agent;
  timestamp since;
  session_kind kind = session_kind::main;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, presence_entry& x) {
  return f(caf::meta::type_name("presence_entry"), x.connection_id, x.user_id,
           x.username, x.address, x.user_agent, x.since, x.kind);
}

using presence_list = std::vector<presence_entry>;

/// Connections of this process [count]: all, those whose session runs, and
/// those that went a moment ago and may come back.
struct connection_counts {
  int64_t total = 0;
  int64_t alive = 0;
  int64_t dead = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, connection_counts& x) {
  return f(caf::meta::type_name("connection_counts"), x.total, x.alive, x.dead);
}

/// Who hears what: the audiences of one session.
struct audience_of_session {
  int64_t user_id = 0; ///< 0: what is for everyone alone
  bool admin = false;
  session_kind kind = session_kind::main;
  std::string family; ///< of the token (`revocation`)
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, audience_of_session& x) {
  return f(caf::meta::type_name("audience_of_session"), x.user_id, x.admin,
           x.kind, x.family);
}

/// The frame of `x` that a session may see, or null.
frame_ptr frame_for(const encoded_event& x, const audience_of_session& who);

/// True if the session must hear of `x`: there is a frame for it, or it is of
/// the channel `control` and of the session's user.
bool concerns(const encoded_event& x, const audience_of_session& who);

/// True if the session ends with it.
bool ends(const revocation& x, const audience_of_session& who);

/// What a session missed: behind `after` (of `epoch`), up to `until`.
struct replay_query {
  stream_position after;
  int64_t until = 0;
  audience_of_session who;
  int64_t limit = 500; ///< events [count]
};

/// Ascending, `control` included. `gap`: the position is unknown, or its rows
/// are gone.
struct replay {
  bool gap = false;
  bool more = false; ///< ask again behind `next`
  int64_t next = 0;  ///< all up to here was looked at
  encoded_events events;
};

} // namespace callboard

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::encoded_events_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::replay_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::replay)

CAF_BEGIN_TYPE_ID_BLOCK(callboard_realtime, callboard::end)

CAF_ADD_TYPE_ID(callboard_realtime, (callboard::stream_position))
CAF_ADD_TYPE_ID(callboard_realtime, (callboard::presence_entry))
CAF_ADD_TYPE_ID(callboard_realtime, (callboard::presence_list))
CAF_ADD_TYPE_ID(callboard_realtime, (callboard::audience_of_session))
CAF_ADD_TYPE_ID(callboard_realtime, (callboard::close_code))

CAF_ADD_ATOM(callboard_realtime, callboard::atom, publish, "publish")
CAF_ADD_ATOM(callboard_realtime, callboard::atom, deliver, "deliver")
CAF_ADD_ATOM(callboard_realtime, callboard::atom, replay, "replay")
CAF_ADD_ATOM(callboard_realtime, callboard::atom, join, "join")
CAF_ADD_ATOM(callboard_realtime, callboard::atom, text, "text")

CAF_ADD_TYPE_ID(callboard_realtime, (callboard::connection_counts))

CAF_END_TYPE_ID_BLOCK(callboard_realtime)

namespace callboard {

// -- the stream
// -----------------------------------------------------------------

/// Reads the stream's rows, and appends what belongs to no other change.
/// `unavailable`, `deadline_exceeded`.
using event_repository_actor = caf::typed_actor<
    caf::replies_to<atom::list, call, event_query>::with<event_page>,
    // The position of the last of them.
    caf::replies_to<atom::create, call, events>::with<int64_t>>;

/// One session's protocol (websocket.md).
using ws_session_actor = caf::typed_actor<
    // A message of the client: valid UTF-8, at most 1 MiB.
    caf::reacts_to<atom::text, std::string>,
    // What the hub has for it, in order.
    caf::reacts_to<atom::deliver, encoded_events_ptr>,
    // Closes it.
    caf::reacts_to<atom::stop, close_code, std::string>,
    // The client is gone: ends the session.
    caf::reacts_to<atom::stop>,
    // Looks for what is due: heartbeat, expiry of the token. All up to the
    // position was delivered (0: nobody knows).
    caf::reacts_to<atom::sweep, int64_t>,
    // The hub may have missed something up to here: looks for it.
    caf::reacts_to<atom::replay, stream_position>,
    // The socket has room (`session_socket::when_drained`).
    caf::reacts_to<atom::touch>,
    // Tries again what failed; sends what was gathered. From itself.
    caf::reacts_to<atom::retry>, caf::reacts_to<atom::notice>>;

/// Delivers the stream to the sessions of one event loop, in order.
using hub_actor = caf::typed_actor<
    // From now on the session hears everything behind the position, and is
    // swept.
    caf::replies_to<atom::join, caf::actor,
                    audience_of_session>::with<stream_position>,
    // The next events, from the feed.
    caf::reacts_to<atom::deliver, encoded_events_ptr>,
    // Sweeps sessions; asks the feed again if it did not answer.
    caf::reacts_to<atom::sweep>>;

/// Puts the events of all processes in order, fills holes from the rows,
/// encodes each once and hands it to the hubs.
using event_feed_actor = caf::typed_actor<
    // Committed by this process, with their positions.
    caf::reacts_to<atom::publish, events>,
    // Committed by somebody up to here.
    caf::reacts_to<atom::notice, int64_t>,
    // A hub, which gets all behind the position.
    caf::replies_to<atom::join, caf::actor>::with<stream_position>,
    // From memory, else from the rows.
    caf::replies_to<atom::replay, replay_query>::with<replay>,
    // Looks for rows that nobody told of.
    caf::reacts_to<atom::sweep>>;

/// Who is connected to this process.
using presence_actor = caf::typed_actor<
    // The session is there; its connection id: the wished one (whoever had it
    // is closed, `replaced`) or, if that is another user's, a new one.
    caf::replies_to<atom::join, caf::actor, presence_entry>::with<std::string>,
    // Of admins all, else the caller's own.
    caf::replies_to<atom::list, call>::with<presence_list>,
    caf::replies_to<atom::status>::with<connection_counts>,
    // Announces who came and who has been away for the grace.
    caf::reacts_to<atom::sweep>>;

} // namespace callboard
