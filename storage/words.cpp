#include "storage/words.hpp"

#include "protocols/unicode.hpp"

#include <algorithm>
#include <vector>

namespace callboard::storage {

namespace {

constexpr size_t max_words = 64;
constexpr size_t max_size = 255; ///< of a word [bytes]; longer ones are skipped
constexpr size_t looked_at = 5000; ///< of a long text [characters]
constexpr size_t telling = 8;

/// The distinct words, as they stand, in the order of their first appearance.
/// An index folds them as it folded the texts.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  std::vector<std::string> seen;
  auto rest = first_code_points(text, looked_at);
  while (out.size() < max_words) {
    auto word = take_word(rest);
    if (word.empty())
      break;
    if (word.size() > max_size)
      continue;
    auto folded = fold_case(word);
    if (std::find(seen.begin(), seen.end(), folded) != seen.end())
      continue;
    seen.push_back(std::move(folded));
    out.push_back(word);
  }
  return out;
}

/// Words are quoted: a phrase of FTS5 or of `to_tsquery`, which split them once
/// more as they split the texts.
std::string joined(dialect_kind dialect,
                   const std::vector<std::string_view>& words, bool all) {
  auto quote = dialect == dialect_kind::sqlite ? '"' : '\'';
  std::string between = all ? " AND " : " OR ";
  if (dialect == dialect_kind::postgres)
    between = all ? " & " : " | ";
  std::string out;
  for (auto x : words)
    out.append(out.empty() ? "" : between)
        .append(1, quote)
        .append(x)
        .append(1, quote);
  return out;
}

} // namespace

std::string all_words(dialect_kind dialect, std::string_view text) {
  return joined(dialect, words_of(text), true);
}

std::string telling_words(dialect_kind dialect, std::string_view text) {
  auto words = words_of(text);
  std::stable_sort(words.begin(), words.end(),
                   [](auto& a, auto& b) { return a.size() > b.size(); });
  words.resize(std::min(words.size(), telling));
  return joined(dialect, words, false);
}

} // namespace callboard::storage
