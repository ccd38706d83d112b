// How rows are found: the SQL of a lookup, and the same rule in C++ for the
// rows of a batch that were fetched together.
#pragma once

#include "protocols/store.hpp"
#include "storage/connection.hpp"
#include "storage/dialect.hpp"

#include <span>
#include <string>
#include <vector>

namespace callboard::storage {

/// The condition of a lookup over the keys of several callers, and its
/// parameters: one array per key position.
struct condition {
  std::string text;
  std::vector<cell> params;
};

/// All selectors have the same `by`.
template <class T>
condition where(dialect_kind dialect, std::span<const selector* const> wanted);

/// True if the selector finds `row`; `all` are the rows fetched with it.
template <class T>
bool matches(const selector& wanted, const T& row, const row_map<T>& all);

} // namespace callboard::storage
