// What a text asks a full-text index for. Words are runs of letters and digits
// (all of Unicode beyond ASCII counts as letters), so that both databases split
// alike; nothing of a text is an operator.
#pragma once

#include "storage/dialect.hpp"

#include <string>
#include <string_view>

namespace callboard::storage {

/// Rows with every word: an FTS5 expression, or the text of a `tsquery`. Empty
/// if there is no word.
std::string all_words(dialect_kind dialect, std::string_view text);

/// Rows with one of the words that say most: the longest, at most eight.
std::string telling_words(dialect_kind dialect, std::string_view text);

} // namespace callboard::storage
