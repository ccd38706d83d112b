// `callboard serve`: from settings to a listening port, and down again.
#pragma once

#include "supervision/config_sources.hpp"

namespace callboard {

/// Serves until SIGTERM or SIGINT. @returns the exit status: 0 after an orderly
/// stop, 1 if the start failed or the tree of actors gave up. A second signal,
/// or an actor that does not end, ends the process at once with 1.
int serve(const loaded_config& settings);

} // namespace callboard
