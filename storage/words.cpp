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

bool in_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
         || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

/// The distinct words, folded, in the order of their first appearance.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  auto folded = fold_case(first_code_points(text, looked_at));
  for (size_t i = 0; i < folded.size() && out.size() < max_words;) {
    auto from = i;
    while (i < folded.size() && in_word(folded[i]))
      ++i;
    auto word = folded.substr(from, i - from);
    if (!word.empty() && word.size() <= max_size
        && std::find(out.begin(), out.end(), word) == out.end())
      out.push_back(std::move(word));
    else if (i == from)
      ++i;
  }
  return out;
}

/// Words are quoted: an FTS5 string, a lexeme of a `tsquery`.
std::string joined(dialect_kind dialect, const std::vector<std::string>& words,
                   bool all) {
  auto quote = dialect == dialect_kind::sqlite ? '"' : '\'';
  std::string between = all ? " AND " : " OR ";
  if (dialect == dialect_kind::postgres)
    between = all ? " & " : " | ";
  std::string out;
  for (auto& x : words)
    out += (out.empty() ? "" : between) + quote + x + quote;
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
