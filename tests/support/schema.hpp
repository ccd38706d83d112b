// What tables a database has.
#pragma once

#include "tests/support/test_database.hpp"

#include <set>
#include <string>

namespace callboard::test {

/// `table.column`, with ` NULL` if it may be null; but for what serves the
/// search of texts.
std::set<std::string> columns(const test_database& place);

/// `name: column, column` of every index that is no constraint nor of texts; an
/// expression has the name of its function.
std::set<std::string> indexes(const test_database& place);

} // namespace callboard::test
