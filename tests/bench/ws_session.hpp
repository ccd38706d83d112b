// A WebSocket of the load client: no more than load needs.
#pragma once

#include "tests/support/ws_frames.hpp"
#include "tests/support/ws_handshake.hpp"

#include <boost/static_string.hpp>
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

/// What a text costs is waiting for memory: it touches the first members alone,
/// which lie side by side.
class ws_session {
public:
  using event_id = boost::static_string<63>;

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

  bool waits_ = false;                 ///< `reader_` has bytes of a frame
  event_id last_event_id_;             ///< of the last message that has one
  std::unique_ptr<SSL, free_ssl> ssl_; ///< null: plain
  std::unique_ptr<test::ws_frame_reader> reader_;
  std::string head_;
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
    if (at == stage::open && !waits_)
      while (auto text = cut_text(bytes)) {
        note(*text);
        heard(*text);
      }
    if (!bytes.empty())
      took(bytes);
  };
  if (!read(std::ref(take)) || (at == stage::asking && !take_handshake(to)))
    return false;
  if (at == stage::asking || !waits_)
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
  waits_ = reader_->rest() > 0;
  return true;
}

} // namespace callboard::bench
