#define CAF_SUITE frame_reader
#include "net/frame_reader.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <vector>

using namespace callboard;
using namespace callboard::net;
using namespace std::string_literals;

namespace {

constexpr size_t limit = 70'000;

std::string bytes_of(uint64_t n, int count) {
  std::string out;
  for (int i = count - 1; i >= 0; --i)
    out += static_cast<char>((n >> (8 * i)) & 0xff);
  return out;
}

/// A frame of a client; `first`: FIN, reserved bits and opcode.
std::string frame_of(int first, const std::string& payload) {
  constexpr std::string_view mask = "\x11\x82\xf3\x04";
  std::string out{static_cast<char>(first)};
  if (payload.size() < 126)
    out += static_cast<char>(0x80 | payload.size());
  else if (payload.size() <= 0xffff)
    out += '\xfe' + bytes_of(payload.size(), 2);
  else
    out += '\xff' + bytes_of(payload.size(), 8);
  out += mask;
  for (size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

/// A head that announces `size` in `count` bytes, and a mask.
std::string announces(int first, uint64_t size, int count) {
  return static_cast<char>(first) + (count == 2 ? "\xfe"s : "\xff"s)
         + bytes_of(size, count) + "abcd";
}

std::string text(const std::string& x) { return frame_of(0x81, x); }

std::string closing(unsigned code, const std::string& reason = "") {
  return frame_of(0x88, bytes_of(code, 2) + reason);
}

/// What was read, in words; ends with what ends the connection.
std::string read(std::string_view bytes, std::vector<size_t> pieces) {
  frame_reader reader{limit};
  std::string out;
  for (auto n : pieces) {
    auto piece = bytes.substr(0, n);
    bytes.remove_prefix(piece.size());
    while (true) {
      auto x = reader.next(piece);
      if (x.what == incoming::kind::nothing)
        break;
      constexpr const char* names[]
          = {"", "text", "ping", "pong", "close", "!"};
      out += (out.empty() ? "" : " ") + std::string{names[int(x.what)]};
      if (x.what == incoming::kind::refused)
        return out + std::to_string(int(x.code));
      if (x.code != close_code::no_status)
        out += std::to_string(int(x.code));
      out += ':'
             + (x.data.size() > 40 ? std::to_string(x.data.size()) : x.data);
      if (x.what == incoming::kind::close)
        return out;
    }
  }
  return out;
}

/// At once, byte by byte, and in two pieces cut anywhere: always the same.
std::string read(const std::string& bytes) {
  auto whole = read(bytes, {bytes.size()});
  CAF_CHECK_EQUAL(read(bytes, std::vector<size_t>(bytes.size(), 1)), whole);
  auto step = std::max<size_t>(1, bytes.size() / 600);
  for (size_t i = 1; i < bytes.size(); i += step)
    if (auto cut = read(bytes, {i, bytes.size() - i}); cut != whole)
      CAF_ERROR("cut at " << i << ": " << cut << " instead of " << whole);
  return whole;
}

struct row {
  std::string bytes;
  std::string want;
};

void check(const std::vector<row>& rows) {
  for (auto& x : rows)
    CAF_CHECK_EQUAL(read(x.bytes), x.want);
}

} // namespace

CAF_TEST(messages come whole however they were sent) {
  std::string large(70'000, 'x');
  check({
      {text("hello"), "text:hello"},
      {text(""), "text:"},
      {text("a") + text("b"), "text:a text:b"},
      {text(std::string(125, 'x')), "text:125"},
      {text(std::string(126, 'x')), "text:126"},
      {text(std::string(65'535, 'x')), "text:65535"},
      {text(std::string(65'536, 'x')), "text:65536"},
      {text(large), "text:70000"},
      {frame_of(0x01, "he") + frame_of(0x00, "l") + frame_of(0x80, "lo"),
       "text:hello"},
      {frame_of(0x01, "") + frame_of(0x00, "") + frame_of(0x80, ""), "text:"},
      {frame_of(0x01, "he") + frame_of(0x89, "are you") + frame_of(0x80, "llo")
           + text("next"),
       "ping:are you text:hello text:next"},
      {text("\xce\xba\xe2\x82\xac\xf0\x9f\x98\x80"),
       "text:\xce\xba\xe2\x82\xac\xf0\x9f\x98\x80"},
      {frame_of(0x01, "\xe2") + frame_of(0x80, "\x82\xac"),
       "text:\xe2\x82\xac"},
  });
}

CAF_TEST(control frames are read for themselves) {
  check({
      {frame_of(0x89, ""), "ping:"},
      {frame_of(0x89, std::string(125, 'p')), "ping:125"},
      {frame_of(0x8a, "\xff"), "pong:\xff"},
      {frame_of(0x88, ""), "close:"},
      {closing(1000), "close1000:"},
      {closing(1001, "bye"), "close1001:bye"},
      {closing(3000), "close3000:"},
      {closing(4999), "close4999:"},
      {closing(1014), "close1014:"},
      {closing(1000, std::string(123, 'r')), "close1000:123"},
      {text("a") + closing(1000) + text("b"), "text:a close1000:"},
  });
}

CAF_TEST(a broken rule is refused with its code) {
  check({
      // masks and reserved bits
      {"\x81\x05hello", "!1002"},
      {"\x89"s + '\0', "!1002"},
      {frame_of(0xc1, "x"), "!1002"},
      {frame_of(0xa1, "x"), "!1002"},
      {frame_of(0x91, "x"), "!1002"},
      // opcodes
      {frame_of(0x83, "x"), "!1002"},
      {frame_of(0x87, "x"), "!1002"},
      {frame_of(0x8b, "x"), "!1002"},
      {frame_of(0x8f, "x"), "!1002"},
      {frame_of(0x82, "x"), "!1003"},
      {frame_of(0x02, "x"), "!1003"},
      // fragments
      {frame_of(0x80, "x"), "!1002"},
      {frame_of(0x00, "x"), "!1002"},
      {text("a") + frame_of(0x80, "x"), "text:a !1002"},
      {frame_of(0x01, "x") + text("y"), "!1002"},
      {frame_of(0x01, "x") + frame_of(0x82, "y"), "!1002"},
      // control frames
      {frame_of(0x09, "x"), "!1002"},
      {frame_of(0x08, ""), "!1002"},
      {frame_of(0x0a, ""), "!1002"},
      {frame_of(0x89, std::string(126, 'p')), "!1002"},
      {frame_of(0x88, std::string(70'000, 'p')), "!1002"},
      // lengths
      {announces(0x81, 5, 2) + "hello", "!1002"},
      {announces(0x81, 125, 2), "!1002"},
      {announces(0x81, 0xffff, 8), "!1002"},
      {announces(0x81, 0, 8), "!1002"},
      {announces(0x81, uint64_t{1} << 63, 8), "!1002"},
      {announces(0x81, (uint64_t{1} << 63) | 5, 8), "!1002"},
      {announces(0x81, ~uint64_t{0}, 8), "!1002"},
      // close
      {frame_of(0x88, "x"), "!1002"},
      {closing(0), "!1002"},
      {closing(999), "!1002"},
      {closing(1004), "!1002"},
      {closing(1005), "!1002"},
      {closing(1006), "!1002"},
      {closing(1015), "!1002"},
      {closing(1016), "!1002"},
      {closing(2000), "!1002"},
      {closing(2999), "!1002"},
      {closing(5000), "!1002"},
      {closing(65'535), "!1002"},
      {closing(1000, "\xff"), "!1007"},
      {closing(1000, "\xe2\x82"), "!1007"},
  });
}

CAF_TEST(a message too large is refused before it comes) {
  check({
      {announces(0x81, limit + 1, 8), "!1009"},
      {announces(0x81, uint64_t{1} << 62, 8), "!1009"},
      {frame_of(0x01, std::string(limit, 'x')) + frame_of(0x80, ""),
       "text:70000"},
      {frame_of(0x01, std::string(limit, 'x')) + "\x80\x81", "!1009"},
      {frame_of(0x01, std::string(60'000, 'x')) + announces(0x00, 10'001, 2),
       "!1009"},
  });
}

CAF_TEST(bytes that no text can have are refused where they stand) {
  constexpr const char* bad[] = {
      "\xff",             // never
      "\xc0\xaf",         // overlong
      "\xe0\x80\xaf",     //
      "\xf0\x80\x80\xaf", //
      "\xed\xa0\x80",     // surrogate
      "\xf4\x90\x80\x80", // beyond U+10FFFF
      "\xf5\x80\x80\x80", //
      "\x80",             // continues nothing
      "\xe2(\xa1",        // does not go on
  };
  for (auto* x : bad) {
    CAF_CHECK_EQUAL(read(text("ok "s + x)), "!1007");
    // It does not wait for the rest of what was announced.
    auto head = frame_of(0x01, "ok "s + x + std::string(1000, 'x'));
    CAF_CHECK_EQUAL(read(head.substr(0, 8 + 3 + std::string_view{x}.size())),
                    "!1007");
  }
  CAF_CHECK_EQUAL(read(text("\xe2\x82")), "!1007"); // ends within
  CAF_CHECK_EQUAL(read(frame_of(0x01, "\xe2\x82") + frame_of(0x80, "")),
                  "!1007");
  CAF_CHECK_EQUAL(read(frame_of(0x01, "\xf4") + frame_of(0x00, "\x90")),
                  "!1007");
}

CAF_TEST(what was announced and did not come costs nothing) {
  frame_reader reader{size_t{1} << 40};
  auto head = announces(0x81, uint64_t{1} << 39, 8) + "abcd";
  std::string_view bytes{head};
  CAF_CHECK(reader.next(bytes).what == incoming::kind::nothing);
  CAF_CHECK(bytes.empty());
}
