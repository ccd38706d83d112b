// Events as clients read them (websocket.md sections 4, 8 and 12).
#pragma once

#include "protocols/realtime.hpp"

namespace callboard {

/// The event with its frames, each made once. Of `data` and `payload` the row
/// keeps nothing (they are in the frames), but for the channel `control`.
encoded_event_ptr encode_event(event row, const std::string& epoch);

/// What it holds in memory, about [bytes].
size_t size_of(const encoded_event& x);

} // namespace callboard
