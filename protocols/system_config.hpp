// What every actor system of Callboard begins with.
#pragma once

#include "protocols/realtime.hpp"

namespace callboard {

/// Knows all types of our messages.
struct system_config : caf::actor_system_config {
  system_config() {
    add_message_types<caf::id_block::callboard>();
    add_message_types<caf::id_block::callboard_realtime>();
  }
};

} // namespace callboard
