// What agents can do, as rows of their own: the filter of lists needs an index.
#pragma once

#include "protocols/store.hpp"
#include "storage/connection.hpp"

#include <vector>

namespace callboard::storage {

/// Replaces the rows of `agent_capabilities` of agents that are new or whose
/// capabilities differ from the original. In the transaction that wrote them.
caf::error write_capabilities(connection& db, const row_map<agent>& originals,
                              const std::vector<agent>& inserted,
                              const std::vector<agent>& updated);

} // namespace callboard::storage
