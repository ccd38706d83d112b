// The bytes of a WebSocket's client as messages and control frames (RFC 6455
// section 5). Touches no socket and no clock.
#pragma once

#include "protocols/realtime.hpp"
#include "protocols/unicode.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace callboard::net {

/// Something whole that came in.
struct incoming {
  enum class kind : uint8_t {
    nothing, ///< all bytes were taken, and more are needed
    text,
    ping,
    pong,
    close,  ///< `no_status`: without a code
    refused ///< the client broke a rule: `code` and a reason
  };

  kind what = kind::nothing;
  std::string data = {}; ///< the text, the payload, the reason
  close_code code = close_code::no_status;
};

/// One per connection, one thread at a time. What it keeps is bounded by what
/// came, never by what was announced.
class frame_reader {
public:
  /// `limit`: of a message [bytes].
  explicit frame_reader(size_t limit) : limit_(limit) {}

  /// Takes bytes off the front until something is whole. Not to be called again
  /// after a `close` or a `refused`.
  incoming next(std::string_view& bytes);

private:
  enum class opcode : uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
  };

  opcode code() const { return static_cast<opcode>(head_[0] & 0x0f); }
  bool is_final() const { return (head_[0] & 0x80) != 0; }
  bool is_control() const { return (head_[0] & 0x08) != 0; }
  size_t head_size() const;
  bool read_head(std::string_view& bytes, incoming& out);
  bool check_head(incoming& out);
  bool check_opcode(incoming& out) const;
  bool check_length(incoming& out) const;
  uint64_t announced() const;
  bool read_payload(std::string_view& bytes, incoming& out);
  void unmask(std::string& in, size_t from);
  bool finish_frame(incoming& out);
  void finish_message(incoming& out);
  void finish_control(incoming& out);

  size_t limit_;
  uint64_t left_ = 0;   ///< of the frame's payload [bytes]
  std::string message_; ///< as far as it came
  std::string control_; ///< payload of a control frame, as far as it came
  std::array<uint8_t, 14> head_{};
  uint8_t head_bytes_ = 0; ///< of the head that came
  uint8_t mask_at_ = 0;    ///< which of its bytes is next
  bool in_payload_ = false;
  bool in_message_ = false; ///< a first frame came, its last did not
  utf8_reader text_;
};

} // namespace callboard::net
