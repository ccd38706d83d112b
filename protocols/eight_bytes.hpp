// Looks at eight bytes of text at once. Each answer has the high bit of the
// bytes that are meant; of those behind the first one it may be wrong.
#pragma once

#include <bit>
#include <cstddef>
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

/// What no JSON string has as it is.
constexpr uint64_t json_escaped(uint64_t x) {
  return below(x, 0x20) | equal(x, '"') | equal(x, '\\');
}

/// [bytes] before the first one of `found`, which is not 0.
constexpr size_t before(uint64_t found) {
  static_assert(std::endian::native == std::endian::little);
  return static_cast<size_t>(std::countr_zero(found)) / 8;
}

/// [bytes] at the front of which `special` means none; it never means `a`.
template <class F>
size_t run_without(std::string_view text, F special) {
  size_t n = 0;
  for (uint64_t eight; n + sizeof(eight) <= text.size(); n += sizeof(eight)) {
    std::memcpy(&eight, text.data() + n, sizeof(eight));
    if (auto found = special(eight); found != 0)
      return n + before(found);
  }
  uint64_t rest = each * 'a'; // stands behind the end
  text.copy(reinterpret_cast<char*>(&rest), sizeof(rest), n);
  auto found = special(rest);
  return found != 0 ? n + before(found) : text.size();
}

} // namespace callboard::eight_bytes
