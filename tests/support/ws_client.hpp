// A WebSocket client for tests that believes nothing: it says exactly what it
// is told to, and takes nothing that RFC 6455 forbids a server.
#pragma once

#include "tests/support/ws_frames.hpp"
#include "tests/support/ws_handshake.hpp"
#include "tests/support/ws_link.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard::test {

/// How a connection ended.
struct ws_end {
  uint16_t code = 1006; ///< 1006: without a close frame
  std::string reason;
};

/// Plain data of the stream, of one message.
struct ws_message {
  std::string text;
  json_document json;

  std::string type() const { return member("type"); }
  /// A member as text, `a.b` for one inside another; empty if absent.
  std::string member(std::string_view path) const;
  /// As `member`; -1 if absent or no number.
  int64_t number(std::string_view path) const;
  /// Of its `event_id`; -1 if there is none.
  int64_t position() const;
};

/// One connection. What does not come, or comes instead of what was asked for,
/// is a `std::runtime_error` that shows it.
class ws_client {
public:
  using milliseconds = std::chrono::milliseconds;

  explicit ws_client(uint16_t port, ws_request asked = {},
                     const link_options& link = {});

  /// Whether the handshake was answered with 101.
  bool is_open() const { return handshake_.status == 101; }

  /// The answer to the handshake; with its body if it is no 101.
  answer& handshake() { return handshake_; }

  bool send_text(std::string_view text);
  bool send_frame(ws_opcode opcode, std::string_view payload,
                  const ws_form& form = {});
  bool send_bytes(std::string_view bytes) { return link_.send(bytes); }

  /// The next frame, whatever it is; nothing if none comes in time or the
  /// connection ended.
  std::optional<ws_frame> next_frame(milliseconds limit = usual);

  /// The next message; pings are answered on the way.
  ws_message next(milliseconds limit = usual);

  /// The next message of this type. Others that may come at any time (`ping`,
  /// and presence) are passed over, all else is a failure.
  ws_message expect(std::string_view type, milliseconds limit = usual);

  /// The next message of this type, whatever comes before it.
  ws_message find(std::string_view type, milliseconds limit = usual);

  /// Sends a message, and gives the answer of this type.
  ws_message ask(std::string_view text, std::string_view type) {
    send_text(text);
    return expect(type);
  }

  /// All events up to that with this position (which must be one that comes):
  /// what went before it has come, or never does.
  std::vector<ws_message> events_to(int64_t position,
                                    milliseconds limit = usual);

  /// Waits for the end, passing over what still comes; answers a close frame.
  ws_end end(milliseconds limit = usual);

  /// Says goodbye and waits for the same.
  ws_end close(uint16_t code = 1000, std::string_view reason = "");

  /// Is gone without a farewell.
  void drop() { link_.reset(); }

  bool answers_pings = true;

  /// A debug build with sanitizers on a busy machine takes its time.
  static constexpr milliseconds usual{20'000};

private:
  void shake_hands();
  std::string missing(std::string_view what) const;

  ws_link link_;
  ws_request asked_;
  answer handshake_;
  std::string buffer_;
  ws_frame_reader reader_;
  bool ended_ = false;
  std::string last_; ///< what came last, for the text of a failure
};

/// A request with a token in the query, as browsers send it.
ws_request with_token(std::string_view token, std::string_view more = "");

/// Opens `/ws` with a token and takes the first `ack`.
std::unique_ptr<ws_client> subscriber(uint16_t port, std::string_view token,
                                      std::string_view more = "");

} // namespace callboard::test
