// What a session missed, and what it hears from now on: each event once, in
// order. While it catches up, live events only move the end: it reads them from
// the feed, whose memory has the newest.
#pragma once

#include "actors/ws_session.hpp"

namespace callboard::actors {

/// The hub has let the session in, behind `at`.
void hub_joined(ws_session_pointer self, const stream_position& at);

/// Goes back to `event_id`; `tell` sends an ack when it is known how many
/// events will follow. Nothing can be resumed: at once, and goes on where it
/// is.
void resume(ws_session_pointer self, const std::string& event_id,
            std::function<void(const resume_result&)> tell);

/// Live events.
void deliver(ws_session_pointer self, const encoded_events& list);

/// Something may be missing up to here.
void catch_up(ws_session_pointer self, const stream_position& at);

/// Goes on: after a pause, or when the socket has room.
void pump(ws_session_pointer self);

/// Forgets what was read ahead, and what was asked for.
void read_anew(ws_session_pointer self);

/// Asks once more how many were missed.
void count_on(ws_session_pointer self);

/// Sends what was gathered for a batch.
void flush(ws_session_pointer self);

} // namespace callboard::actors
