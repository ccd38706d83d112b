// Any bytes, in any pieces: the reader takes messages out of them or refuses,
// and says the same whether they come at once or one by one.
#include "net/frame_reader.hpp"

#include <algorithm>
#include <cstdlib>

using callboard::net::frame_reader;
using callboard::net::incoming;

namespace {

constexpr size_t limit = 300;

/// What was read, written down; ends with what ends the connection.
std::string read(std::string_view bytes, size_t piece) {
  frame_reader reader{limit};
  std::string out;
  while (!bytes.empty()) {
    auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (true) {
      auto x = reader.next(part);
      if (x.what == incoming::kind::nothing) {
        if (!part.empty())
          std::abort(); // bytes were left
        break;
      }
      if (x.what == incoming::kind::text
          && (x.data.size() > limit || !callboard::is_valid_utf8(x.data)))
        std::abort();
      out += std::to_string(static_cast<int>(x.what)) + ' '
             + std::to_string(static_cast<int>(x.code)) + ' ' + x.data + '\n';
      if (x.what == incoming::kind::close || x.what == incoming::kind::refused)
        return out;
    }
  }
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(bytes), size};
  auto whole = read(text, text.size());
  if (read(text, 1) != whole || read(text, 7) != whole)
    std::abort();
  return 0;
}
