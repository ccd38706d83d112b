// The columns of runs where many are shown.
#pragma once

#include "storage/dialect.hpp"

#include <string>

namespace callboard::storage {

/// As `column_list<execution>()`, the texts cut to their last `shown_text`
/// characters.
std::string short_execution_columns(dialect_kind dialect);

} // namespace callboard::storage
