// What happens to all that belongs to a user who is erased.
#pragma once

#include "storage/connection.hpp"

#include <span>

namespace callboard::storage {

/// Within the transaction that makes the accounts anonymous. Tasks with their
/// runs, projects, memory, sessions and kept answers go; agents stay without a
/// creator, for others work with them; of events and audit entries who, what
/// and when stay, values and addresses go.
caf::error erase_belongings(connection& db, std::span<const int64_t> users);

} // namespace callboard::storage
