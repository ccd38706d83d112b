// What the server says over a WebSocket beside events (websocket.md sections 5
// and 12). `event_id` is that of the last event sent; empty: null.
#pragma once

#include "protocols/realtime.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// `ack_event_id` and `data` are JSON.
frame_ptr ack_frame(std::string_view event_id, std::string_view ack_event_id,
                    std::string_view data);

frame_ptr ping_frame(std::string_view event_id);
frame_ptr pong_frame(std::string_view event_id);

/// `why` may be empty: no details.
frame_ptr error_frame(std::string_view event_id, std::string_view error,
                      std::string_view why = {});

/// Events of one type, one at least.
frame_ptr batch_frame(std::string_view type,
                      const std::vector<frame_ptr>& messages);

/// The first message of `/ws/sync`.
frame_ptr sync_greeting_frame();
frame_ptr sync_pong_frame();

/// How a resume went.
struct resume_result {
  bool resumed = false;
  bool gap = false;
  int64_t replayed = 0; ///< events that follow [count]
};

/// `data` of the first ack.
struct session_facts {
  std::string connection_id;
  std::string user_id;            ///< empty: null
  int64_t heartbeat_interval = 0; ///< [s]
  int64_t heartbeat_timeout = 0;  ///< [s]
  resume_result resume;
};

std::string to_json(const session_facts& x);

} // namespace callboard
