// WebSocket frames as a client writes and reads them (RFC 6455 section 5),
// without a socket: of the test client, the crowd and the load client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard::test {

enum class ws_opcode : uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

/// How a frame is written; the defaults are what the standard asks of clients.
struct ws_form {
  bool fin = true;
  uint8_t reserved = 0; ///< the three bits, RSV1 is 4
  bool masked = true;
  uint32_t mask = 0x1f2e3d4c; ///< the key
  int length_bytes = 0;       ///< 2 or 8: that form even where it is too long
};

/// The whole frame. `opcode` may be one that does not exist.
std::string client_frame(uint8_t opcode, std::string_view payload,
                         const ws_form& form = {});
std::string client_frame(ws_opcode opcode, std::string_view payload,
                         const ws_form& form = {});

/// The payload of a close frame.
std::string close_payload(uint16_t code, std::string_view reason = "");

struct ws_frame {
  ws_opcode opcode = ws_opcode::text;
  bool fin = true;
  std::string payload;

  /// As a person reads it, shortened.
  std::string to_text() const;
  /// Of a close frame: 1005 if it has none.
  uint16_t close_code() const;
  std::string_view close_reason() const;
};

/// Cuts what a server sends into frames. Whatever RFC 6455 forbids a server is
/// a `std::runtime_error` that says what it was.
class ws_frame_reader {
public:
  void add(std::string_view bytes);

  /// The next whole frame, if there is one.
  std::optional<ws_frame> next();

  /// Bytes of a frame that is not whole.
  size_t rest() const { return buffer_.size() - at_; }

private:
  void check(const ws_frame& x);
  void check_data(const ws_frame& x);

  std::string buffer_;
  size_t at_ = 0;           ///< of the next frame in `buffer_`
  bool in_message_ = false; ///< a fragmented one has begun
  bool is_text_ = false;
  std::string text_; ///< of a fragmented text message so far
  bool closed_ = false;
};

/// What follows the first `key` in the text, up to the next quotation mark.
/// A whole parser for each message would cost more than what is measured.
std::string_view quoted_behind(std::string_view text, std::string_view key);

} // namespace callboard::test
