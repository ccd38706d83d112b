#include "tests/support/ws_frames.hpp"

#include "protocols/unicode.hpp"

#include <stdexcept>

namespace callboard::test {

namespace {

constexpr size_t largest = size_t{64} << 20; ///< no server here sends more

void append_number(std::string& out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>((value >> (8 * i)) & 0xff);
}

uint64_t number_at(std::string_view bytes, size_t at, int count) {
  uint64_t out = 0;
  for (int i = 0; i < count; ++i)
    out = out << 8 | static_cast<uint8_t>(bytes[at + static_cast<size_t>(i)]);
  return out;
}

[[noreturn]] void refuse(const std::string& what) {
  throw std::runtime_error{"the server sent " + what};
}

bool is_control(ws_opcode x) { return static_cast<uint8_t>(x) >= 8; }

/// What a server may give as its reason (RFC 6455 section 7.4).
bool may_be_sent(uint16_t code) {
  if (code >= 3000)
    return code < 5000;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005
         && code != 1006;
}

int size_of_length(size_t size, int wanted) {
  if (wanted != 0)
    return wanted;
  return size < 126 ? 0 : size <= 0xffff ? 2 : 8;
}

} // namespace

std::string client_frame(uint8_t opcode, std::string_view payload,
                         const ws_form& form) {
  std::string out;
  out += static_cast<char>((form.fin ? 0x80 : 0) | form.reserved << 4
                           | (opcode & 0x0f));
  auto masked = form.masked ? 0x80 : 0;
  auto bytes = size_of_length(payload.size(), form.length_bytes);
  auto first = bytes == 0   ? static_cast<int>(payload.size())
               : bytes == 2 ? 126
                            : 127;
  out += static_cast<char>(masked | first);
  append_number(out, payload.size(), bytes);
  if (!form.masked)
    return out.append(payload);
  append_number(out, form.mask, 4);
  for (size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(static_cast<uint8_t>(payload[i])
                             ^ (form.mask >> (24 - 8 * (i % 4)) & 0xff));
  return out;
}

std::string client_frame(ws_opcode opcode, std::string_view payload,
                         const ws_form& form) {
  return client_frame(static_cast<uint8_t>(opcode), payload, form);
}

std::string close_payload(uint16_t code, std::string_view reason) {
  std::string out;
  append_number(out, code, 2);
  return out.append(reason);
}

std::string ws_frame::to_text() const {
  auto shown = payload.size() > 300 ? payload.substr(0, 300) + "..." : payload;
  switch (opcode) {
  case ws_opcode::close:
    return "close " + std::to_string(close_code()) + " \""
           + std::string{close_reason()} + '"';
  case ws_opcode::ping:
    return "a ping frame";
  case ws_opcode::pong:
    return "a pong frame \"" + shown + '"';
  case ws_opcode::binary:
    return "a binary frame of " + std::to_string(payload.size()) + " bytes";
  default:
    return shown;
  }
}

uint16_t ws_frame::close_code() const {
  return payload.size() < 2 ? 1005
                            : static_cast<uint16_t>(number_at(payload, 0, 2));
}

std::string_view ws_frame::close_reason() const {
  return std::string_view{payload}.substr(payload.size() < 2 ? payload.size()
                                                             : 2);
}

void ws_frame_reader::add(std::string_view bytes) {
  if (at_ > 0 && at_ >= buffer_.size() / 2) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  buffer_.append(bytes);
}

std::optional<ws_frame> ws_frame_reader::next() {
  std::string_view bytes{buffer_};
  bytes.remove_prefix(at_);
  if (closed_ && !bytes.empty())
    refuse("bytes behind its close frame");
  if (bytes.size() < 2)
    return std::nullopt;
  auto first = static_cast<uint8_t>(bytes[0]);
  auto second = static_cast<uint8_t>(bytes[1]);
  if ((first & 0x70) != 0)
    refuse("reserved bits");
  if ((second & 0x80) != 0)
    refuse("a masked frame");
  auto opcode = first & 0x0f;
  if (opcode > 10 || (opcode > 2 && opcode < 8))
    refuse("the opcode " + std::to_string(opcode));
  int more = second == 126 ? 2 : second == 127 ? 8 : 0;
  auto head = static_cast<size_t>(2 + more);
  if (bytes.size() < head)
    return std::nullopt;
  uint64_t size = more == 0 ? second : number_at(bytes, 2, more);
  if (more != 0 && size < (more == 2 ? uint64_t{126} : uint64_t{65'536}))
    refuse("a length of " + std::to_string(size) + " in a longer form");
  if (size > largest)
    refuse("a frame of " + std::to_string(size) + " bytes");
  if (opcode >= 8 && ((first & 0x80) == 0 || more != 0))
    refuse("a control frame that is long or in parts");
  if (bytes.size() < head + size)
    return std::nullopt;
  ws_frame out{static_cast<ws_opcode>(opcode), (first & 0x80) != 0,
               std::string{bytes.substr(head, size)}};
  at_ += head + size;
  check(out);
  return out;
}

void ws_frame_reader::check(const ws_frame& x) {
  if (!is_control(x.opcode))
    return check_data(x);
  if (x.opcode != ws_opcode::close)
    return;
  closed_ = true;
  if (x.payload.size() == 1)
    refuse("a close frame with half a code");
  if (x.payload.size() >= 2 && !may_be_sent(x.close_code()))
    refuse("the close code " + std::to_string(x.close_code()));
  if (!is_valid_utf8(x.close_reason()))
    refuse("a close reason that is no UTF-8");
}

void ws_frame_reader::check_data(const ws_frame& x) {
  auto goes_on = x.opcode == ws_opcode::continuation;
  if (goes_on != in_message_)
    refuse(goes_on ? "a continuation of nothing"
                   : "a message within another one");
  if (!goes_on) {
    is_text_ = x.opcode == ws_opcode::text;
    text_.clear();
  }
  in_message_ = !x.fin;
  if (!is_text_)
    return;
  if (!goes_on && x.fin) { // the usual one: no copy
    if (!is_valid_utf8(x.payload))
      refuse("a text that is no UTF-8");
    return;
  }
  text_ += x.payload;
  if (x.fin && !is_valid_utf8(text_))
    refuse("a text that is no UTF-8");
}

std::string_view quoted_behind(std::string_view text, std::string_view key) {
  auto at = text.find(key);
  if (at == text.npos)
    return {};
  text.remove_prefix(at + key.size());
  return text.substr(0, text.find('"'));
}

} // namespace callboard::test
