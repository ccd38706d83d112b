// Looks at eight bytes of text at once. Each answer has the high bit of the
// bytes that are meant; of those behind the first one it may be wrong.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace callboard::eight_bytes {

constexpr uint64_t each = 0x0101010101010101;
constexpr uint64_t highs = 0x80 * each;

constexpr uint64_t equal(uint64_t x, char c) {
  auto zero = x ^ (static_cast<unsigned char>(c) * each);
  return (zero - each) & ~zero & highs;
}

/// `limit`: at most 0x80.
constexpr uint64_t below(uint64_t x, unsigned char limit) {
  return (x - limit * each) & ~x & highs;
}

constexpr uint64_t beyond_ascii(uint64_t x) { return x & highs; }

/// [bytes] at the front which `special` (of eight bytes, and of one) has none
/// of.
template <class Eight, class One>
size_t run_without(std::string_view text, Eight special, One is_special) {
  size_t n = 0;
  for (uint64_t eight; n + sizeof(eight) <= text.size(); n += sizeof(eight)) {
    std::memcpy(&eight, text.data() + n, sizeof(eight));
    if (special(eight) != 0)
      break;
  }
  while (n < text.size() && !is_special(text[n]))
    ++n;
  return n;
}

} // namespace callboard::eight_bytes
