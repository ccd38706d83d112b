// A WebSocket of the load client: no more than load needs.
#pragma once

#include "tests/support/ws_frames.hpp"
#include "tests/support/ws_handshake.hpp"

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace callboard::bench {

/// Nanoseconds of the monotonic clock, which all processes share.
int64_t monotonic_ns();

/// Where sessions go, and what they say.
struct ws_target {
  uint16_t port = 0;
  std::string path = "/ws";
  std::string query;      ///< without the question mark
  bool greeted = true;    ///< the server sends a first message
  SSL_CTX* tls = nullptr; ///< null: plain
};

class ws_session {
public:
  enum class stage : uint8_t {
    closed,
    connecting,
    securing,
    asking,
    greeting,
    open
  };

  /// Begins to connect, from 127.0.0.x; `number` picks the address.
  bool start(const ws_target& to, size_t number);
  void stop();

  /// The socket can be written or read, and says so once (EPOLLET); false: it
  /// is gone. `heard` gets every text message.
  template <class F>
  bool ready(const ws_target& to, uint32_t events, F&& heard);

  bool send_text(std::string_view text) const;

  int fd = -1;
  stage at = stage::closed;
  std::string last_event_id; ///< of the last message that has one

private:
  struct free_ssl {
    void operator()(SSL* x) const { SSL_free(x); }
  };

  bool secure(const ws_target& to);
  bool ask(const ws_target& to);
  bool send_all(std::string_view bytes) const;
  bool read(const std::function<void(std::string_view)>& take);
  void took(std::string_view bytes);
  bool take_handshake(const ws_target& to);
  void note(std::string_view text);
  bool answer(const test::ws_frame& x) const;

  std::unique_ptr<SSL, free_ssl> ssl_; ///< null: plain
  std::string head_;
  std::unique_ptr<test::ws_frame_reader> reader_;
  test::ws_request asked_;
};

/// The first of these frames, which is then cut off, if it is a whole text of
/// 126 to 65,535 bytes; nothing of an earlier frame may wait.
std::optional<std::string_view> cut_text(std::string_view& frames);

template <class F>
bool ws_session::ready(const ws_target& to, uint32_t events, F&& heard) {
  constexpr uint32_t writable = 4; // EPOLLOUT
  if (at == stage::connecting)
    return (events & writable) == 0 || (to.tls ? secure(to) : ask(to));
  if (at == stage::securing)
    return secure(to);
  auto take = [&](std::string_view bytes) {
    if (at == stage::open && reader_->rest() == 0)
      while (auto text = cut_text(bytes)) {
        note(*text);
        heard(*text);
      }
    took(bytes);
  };
  if (!read(take) || (at == stage::asking && !take_handshake(to)))
    return false;
  if (at == stage::asking)
    return true;
  while (auto got = reader_->next()) {
    if (got->opcode == test::ws_opcode::text) {
      note(got->payload);
      if (at == stage::greeting)
        at = stage::open;
      else
        heard(std::string_view{got->payload});
    } else if (!answer(*got)) {
      return false;
    }
  }
  return true;
}

} // namespace callboard::bench
