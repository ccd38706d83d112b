// Takes over a database of the Python dashboard that this program replaces: it
// has the tables users and refresh_tokens, and refresh tokens in plain text.
#pragma once

#include "storage/connection.hpp"

#include <caf/expected.hpp>

namespace callboard::storage {

/// Whether there is something to take over. Ask only a database without
/// schema_migrations.
caf::expected<bool> is_adoptable(connection& db);

/// Moves the old tables out of the way of the first migration; same
/// transaction.
caf::error set_aside(connection& db);

/// Copies the rows into the new tables and drops the old ones: tokens are
/// hashed, each becomes a family of its own, addresses are folded, times cut to
/// milliseconds. `conflict` if two addresses differ in case alone.
caf::error take_over(connection& db);

} // namespace callboard::storage
