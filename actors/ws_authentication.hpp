// Who is at the other end of a session.
#pragma once

#include "actors/ws_session.hpp"

namespace callboard::actors {

/// With what the handshake brought.
void begin(ws_session_pointer self);

/// The client's `authenticate`: the first one, or a fresh token of the same
/// user.
void authenticate(ws_session_pointer self, const client_message& x);

/// Presence, then the hub, then what was missed, then the first ack.
void join(ws_session_pointer self);

} // namespace callboard::actors
