// The control frames that a server sends (RFC 6455 section 5.5).
#pragma once

#include "protocols/realtime.hpp"

#include <string_view>

namespace callboard::net {

/// `no_status`: without a code. The reason is cut to what fits, at a character.
frame_ptr close_frame(close_code code, std::string_view reason);

/// One for all: it has no payload.
const frame_ptr& ping_control_frame();

/// `payload`: of the ping that it answers, at most 125 bytes.
frame_ptr pong_control_frame(std::string_view payload);

} // namespace callboard::net
