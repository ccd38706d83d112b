#include "protocols/unicode.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>

namespace callboard {

namespace {

struct code_range {
  char32_t first;
  char32_t last;
};

struct fold_run {
  char32_t first;
  char32_t last;
  uint32_t step;
  int32_t delta;
};

#include "protocols/unicode_tables.inc"

unsigned byte(char c) { return static_cast<unsigned char>(c); }

/// Takes one code point off the front, or nothing if it is malformed.
std::optional<char32_t> next(std::string_view& text) {
  auto lead = byte(text[0]);
  size_t n = lead < 0x80                   ? 1
             : lead >= 0xc2 && lead < 0xe0 ? 2
             : lead >= 0xe0 && lead < 0xf0 ? 3
             : lead >= 0xf0 && lead < 0xf5 ? 4
                                           : 0;
  if (n == 0 || text.size() < n)
    return std::nullopt;
  char32_t c = n == 1 ? lead : lead & (0x7fu >> n);
  for (size_t i = 1; i < n; ++i) {
    if ((byte(text[i]) & 0xc0) != 0x80)
      return std::nullopt;
    c = c << 6 | (byte(text[i]) & 0x3f);
  }
  bool overlong = (n == 3 && c < 0x800) || (n == 4 && c < 0x10000);
  if (overlong || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
    return std::nullopt;
  text.remove_prefix(n);
  return c;
}

void append(std::string& out, char32_t c) {
  auto put = [&](char32_t x) { out += static_cast<char>(x); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

char32_t folded(char32_t c) {
  auto i = std::lower_bound(
      std::begin(fold_runs), std::end(fold_runs), c,
      [](const fold_run& run, char32_t x) { return run.last < x; });
  if (i == std::end(fold_runs) || c < i->first || (c - i->first) % i->step != 0)
    return c;
  return static_cast<char32_t>(static_cast<int32_t>(c) + i->delta);
}

/// The property White_Space.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0
         || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028
         || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_in(std::span<const code_range> ranges, char32_t c) {
  auto i = std::lower_bound(
      ranges.begin(), ranges.end(), c,
      [](const code_range& range, char32_t x) { return range.last < x; });
  return i != ranges.end() && i->first <= c;
}

bool any_in(std::string_view text, std::span<const code_range> ranges) {
  while (!text.empty()) {
    auto c = next(text);
    if (!c)
      return false;
    if (is_in(ranges, *c))
      return true;
  }
  return false;
}

bool in_word(char32_t c) {
  if (c >= 0x80)
    return !is_in(separator_ranges, c);
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
         || (c >= 'A' && c <= 'Z');
}

} // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    if (byte(text[0]) < 0x80)
      text.remove_prefix(1);
    else if (!next(text))
      return false;
  }
  return true;
}

bool utf8_reader::lead(uint8_t c) {
  if (c < 0xc2 || c > 0xf4)
    return false;
  missing_ = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
  least_ = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80; // overlong below
  most_ = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;  // surrogates, the end
  return true;
}

bool utf8_reader::take(std::string_view piece) {
  for (char x : piece) {
    auto c = static_cast<uint8_t>(x);
    if (missing_ > 0) {
      if (c < least_ || c > most_)
        return false;
      --missing_;
      least_ = 0x80;
      most_ = 0xbf;
    } else if (c >= 0x80 && !lead(c)) {
      return false;
    }
  }
  return true;
}

size_t code_points(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(),
                    [](char c) { return (byte(c) & 0xc0) != 0x80; }));
}

std::string_view first_code_points(std::string_view text, size_t n) {
  size_t end = 0;
  while (end < text.size() && ((byte(text[end]) & 0xc0) == 0x80 || n-- > 0))
    ++end;
  return text.substr(0, end);
}

std::string_view trimmed(std::string_view text) {
  size_t begin = text.size();
  size_t end = text.size();
  for (auto rest = text; !rest.empty();) {
    auto at = text.size() - rest.size();
    auto c = next(rest);
    if (!c)
      break; // callers checked
    if (is_space(*c))
      continue;
    begin = std::min(begin, at);
    end = text.size() - rest.size();
  }
  return begin == text.size() ? std::string_view{}
                              : text.substr(begin, end - begin);
}

std::string_view trimmed(std::string_view text, std::string_view bytes) {
  auto first = text.find_first_not_of(bytes);
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(bytes) - first + 1);
}

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto c = next(text);
    if (!c)
      break; // callers checked
    append(out, folded(*c));
  }
  return out;
}

std::string_view take_word(std::string_view& text) {
  auto word = text;
  size_t size = 0;
  while (!text.empty()) {
    auto at = text;
    auto c = next(text);
    if (!c) { // callers checked
      text = {};
    } else if (in_word(*c)) {
      if (size == 0)
        word = at;
      size += at.size() - text.size();
    } else if (size > 0) {
      break;
    }
  }
  return word.substr(0, size);
}

bool has_upper(std::string_view text) { return any_in(text, upper_ranges); }
bool has_lower(std::string_view text) { return any_in(text, lower_ranges); }
bool has_digit(std::string_view text) { return any_in(text, digit_ranges); }

} // namespace callboard
