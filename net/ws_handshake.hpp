// The request that opens a WebSocket (RFC 6455 section 4.2, websocket.md
// section 2).
#pragma once

#include "net/http.hpp"

#include <caf/error.hpp>

#include <span>
#include <string>
#include <string_view>

namespace callboard::net {

/// Why the request opens none, if so: `upgrade_required` (it asks for no
/// WebSocket of version 13), `bad_request`, `forbidden` (the page's origin is
/// neither the server's own nor one of `origins`).
caf::error check_handshake(const request& in,
                           std::span<const std::string> origins);

/// `Sec-WebSocket-Accept` for a key.
std::string accept_of(std::string_view key);

/// What the client offers as `Sec-WebSocket-Protocol`.
struct offered_protocols {
  bool bearer = false; ///< to be answered with `bearer`
  std::string token;   ///< what stands behind it; empty: none
};

offered_protocols read_protocols(const request& in);

} // namespace callboard::net
