// Statements in the log, for developers (`DEBUG`).
#pragma once

#include "storage/connection.hpp"

#include <memory>

namespace callboard::storage {

/// The session, each statement of which is logged at level DEBUG before it
/// runs: its text, never its parameters.
std::shared_ptr<connection> make_echo(std::shared_ptr<connection> session);

} // namespace callboard::storage
