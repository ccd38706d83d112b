// UTF-8 and the few Unicode properties that the contract asks for; no locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace callboard {

/// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_valid_utf8(std::string_view text);

/// The same for text that comes in pieces.
class utf8_reader {
public:
  /// False at the first byte that cannot stand there, whatever follows.
  bool take(std::string_view piece);

  /// No code point is unfinished.
  bool whole() const { return missing_ == 0; }

private:
  bool lead(uint8_t c);

  uint8_t missing_ = 0;  ///< bytes of the present code point
  uint8_t least_ = 0x80; ///< what its next byte may be
  uint8_t most_ = 0xbf;
};

/// Length in code points; `text` is valid UTF-8.
size_t code_points(std::string_view text);

/// The first `n` code points, or all; `text` is valid UTF-8.
std::string_view first_code_points(std::string_view text, size_t n);

/// Without white space at both ends; `text` is valid UTF-8.
std::string_view trimmed(std::string_view text);

/// Without the given bytes at both ends.
std::string_view trimmed(std::string_view text, std::string_view bytes);

/// Simple case folding, code point by code point; `text` is valid UTF-8.
std::string fold_case(std::string_view text);

/// Takes the next word off the front, with what stands before it; empty at the
/// end. A word is a run of anything but white space, punctuation, symbols,
/// controls and marks that only change a symbol's look. `text` is valid UTF-8.
std::string_view take_word(std::string_view& text);

/// True if any code point is of general category Lu, Ll, Nd.
bool has_upper(std::string_view text);
bool has_lower(std::string_view text);
bool has_digit(std::string_view text);

} // namespace callboard
