// What a text asks a full-text index for. Words are those of `take_word`, where
// the indexes split too (migrations 0010); nothing of a text is an operator.
#pragma once

#include "storage/dialect.hpp"

#include <string>
#include <string_view>

namespace callboard::storage {

/// Rows with every word: an expression of FTS5 or of `to_tsquery`. Empty if
/// there is no word.
std::string all_words(dialect_kind dialect, std::string_view text);

/// Rows with one of the words that say most: the longest, at most eight.
std::string telling_words(dialect_kind dialect, std::string_view text);

} // namespace callboard::storage
