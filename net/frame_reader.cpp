#include "net/frame_reader.hpp"

#include <algorithm>
#include <utility>

namespace callboard::net {

namespace {

constexpr size_t longest_control = 125;

bool refuse(incoming& out, close_code code, const char* why) {
  out = {incoming::kind::refused, why, code};
  return false;
}

bool violates(incoming& out, const char* why) {
  return refuse(out, close_code::protocol_error, why);
}

/// What an endpoint may send (RFC 6455 section 7.4 and IANA's registry).
bool may_be_sent(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
         || (code >= 3000 && code <= 4999);
}

} // namespace

incoming frame_reader::next(std::string_view& bytes) {
  incoming out;
  while (in_payload_ || read_head(bytes, out))
    if (!read_payload(bytes, out) || !finish_frame(out))
      break;
  return out;
}

size_t frame_reader::head_size() const {
  auto length = head_bytes_ < 2 ? 0 : head_[1] & 0x7f;
  return size_t{6} + (length == 126 ? 2 : length == 127 ? 8 : 0);
}

/// False if it is not whole, or breaks a rule.
bool frame_reader::read_head(std::string_view& bytes, incoming& out) {
  while (head_bytes_ < head_size()) {
    if (bytes.empty())
      return false;
    head_[head_bytes_++] = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    if (!check_head(out))
      return false;
  }
  left_ = announced();
  mask_at_ = 0;
  in_payload_ = true;
  return true;
}

/// As soon as a byte says what is wrong.
bool frame_reader::check_head(incoming& out) {
  if (head_bytes_ == 1)
    return check_opcode(out);
  if (head_bytes_ == 2) {
    if ((head_[1] & 0x80) == 0)
      return violates(out, "Frames of clients are masked");
    if (is_control() && (head_[1] & 0x7f) > longest_control)
      return violates(out, "Control frame too long");
  }
  return head_bytes_ != head_size() - 4 || check_length(out);
}

bool frame_reader::check_opcode(incoming& out) const {
  if ((head_[0] & 0x70) != 0)
    return violates(out, "Reserved bits are set");
  switch (code()) {
  case opcode::continuation:
    return in_message_ || violates(out, "Nothing to continue");
  case opcode::text:
    return !in_message_ || violates(out, "The message before is unfinished");
  case opcode::binary:
    if (in_message_)
      return violates(out, "The message before is unfinished");
    return refuse(out, close_code::unsupported, "Text messages only");
  case opcode::close:
  case opcode::ping:
  case opcode::pong:
    return is_final() || violates(out, "Control frames are not fragmented");
  }
  return violates(out, "Unknown opcode");
}

uint64_t frame_reader::announced() const {
  auto first = head_[1] & 0x7fu;
  if (first < 126)
    return first;
  uint64_t out = 0;
  for (size_t i = 2; i < head_size() - 4; ++i)
    out = out << 8 | head_[i];
  return out;
}

bool frame_reader::check_length(incoming& out) const {
  auto size = announced();
  auto first = head_[1] & 0x7f;
  if (size >> 63 != 0)
    return violates(out, "Length with its top bit set");
  if ((first == 126 && size < 126) || (first == 127 && size <= 0xffff))
    return violates(out, "Length in more bytes than needed");
  if (!is_control() && size > limit_ - message_.size())
    return refuse(out, close_code::too_large, "Message too large");
  return true;
}

/// False if it is not whole, or no text.
bool frame_reader::read_payload(std::string_view& bytes, incoming& out) {
  auto n = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  auto& to = is_control() ? control_ : message_;
  auto from = to.size();
  to.append(bytes.substr(0, n));
  bytes.remove_prefix(n);
  left_ -= n;
  unmask(to, from);
  if (!is_control() && !text_.take(std::string_view{to}.substr(from)))
    return refuse(out, close_code::invalid_text, "Invalid UTF-8");
  return left_ == 0;
}

void frame_reader::unmask(std::string& in, size_t from) {
  auto* mask = head_.data() + head_size() - 4;
  auto at = mask_at_;
  for (auto i = from; i < in.size(); ++i) {
    in[i] = static_cast<char>(static_cast<uint8_t>(in[i]) ^ mask[at]);
    at = (at + 1) & 3;
  }
  mask_at_ = at;
}

/// True if the caller is to go on: the frame was a part only.
bool frame_reader::finish_frame(incoming& out) {
  auto control = is_control();
  auto last = is_final();
  in_payload_ = false;
  head_bytes_ = 0;
  if (control)
    finish_control(out);
  else if (last)
    finish_message(out);
  else
    in_message_ = true;
  return !control && !last;
}

void frame_reader::finish_message(incoming& out) {
  in_message_ = false;
  if (!text_.whole()) {
    refuse(out, close_code::invalid_text, "Invalid UTF-8");
    return;
  }
  out.what = incoming::kind::text;
  out.data = std::exchange(message_, {});
}

void frame_reader::finish_control(incoming& out) {
  auto payload = std::exchange(control_, {});
  if (code() != opcode::close) {
    out.what
        = code() == opcode::ping ? incoming::kind::ping : incoming::kind::pong;
    out.data = std::move(payload);
    return;
  }
  out.what = incoming::kind::close;
  if (payload.empty())
    return;
  auto byte = [&](size_t i) { return static_cast<uint8_t>(payload[i]); };
  auto status = payload.size() < 2 ? 0u : unsigned{byte(0)} << 8 | byte(1);
  if (!may_be_sent(status)) {
    violates(out, "Bad close code");
    return;
  }
  out.code = static_cast<close_code>(status);
  out.data = payload.substr(2);
  if (!is_valid_utf8(out.data))
    refuse(out, close_code::invalid_text, "Invalid UTF-8");
}

} // namespace callboard::net
