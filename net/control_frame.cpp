#include "net/control_frame.hpp"

#include <string>

namespace callboard::net {

namespace {

constexpr size_t longest_payload = 125;

enum class control : uint8_t { close = 8, ping = 9, pong = 10 };

frame_ptr control_frame(control opcode, std::string_view payload) {
  auto out = std::make_shared<frame>();
  out->bytes = static_cast<char>(0x80 | static_cast<uint8_t>(opcode));
  out->bytes += static_cast<char>(payload.size());
  out->text_at = out->bytes.size();
  out->bytes += payload;
  return out;
}

/// Not within a character of UTF-8.
std::string_view cut(std::string_view text, size_t most) {
  if (text.size() <= most)
    return text;
  while (most > 0 && (text[most] & 0xc0) == 0x80)
    --most;
  return text.substr(0, most);
}

} // namespace

frame_ptr close_frame(close_code code, std::string_view reason) {
  if (code == close_code::no_status)
    return control_frame(control::close, {});
  auto number = static_cast<uint16_t>(code);
  std::string payload{static_cast<char>(number >> 8),
                      static_cast<char>(number & 0xff)};
  payload += cut(reason, longest_payload - payload.size());
  return control_frame(control::close, payload);
}

const frame_ptr& ping_control_frame() {
  static const auto the_one = control_frame(control::ping, {});
  return the_one;
}

frame_ptr pong_control_frame(std::string_view payload) {
  return control_frame(control::pong, payload);
}

} // namespace callboard::net
