// Rows whose ids come from outside.
#pragma once

#include "storage/connection.hpp"

#include <cstdint>
#include <string_view>

namespace callboard::storage {

/// From now on no new row of `table` gets an id up to `id`. PostgreSQL's
/// sequences know nothing of ids that were given; SQLite's do.
caf::error move_ids_behind(connection& db, std::string_view table, int64_t id);

} // namespace callboard::storage
