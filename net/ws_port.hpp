// The socket of a WebSocket session, as the session sees it.
#pragma once

#include "net/event_loop.hpp"
#include "protocols/realtime.hpp"

#include <atomic>
#include <memory>
#include <string_view>

namespace callboard::net {

class ws_stream;

/// What both sides read; relaxed.
struct ws_gauge {
  std::atomic<int64_t> heard_at{0}; ///< monotonic [ms]
  std::atomic<size_t> waiting{0};   ///< frames in the socket's queue [count]
};

/// Any thread: with the scheduler `sharing`, sessions live on others than the
/// loop's. Its end is the session's.
class ws_port final : public session_socket {
public:
  ws_port(std::weak_ptr<ws_stream> stream, event_loop& loop,
          std::shared_ptr<ws_gauge> gauge)
      : stream_(std::move(stream)), loop_(loop), gauge_(std::move(gauge)) {}
  ~ws_port() override;

  void send(frame_ptr x) override;
  void ping() override;
  void close(close_code code, std::string_view reason) override;
  size_t waiting() const override;
  void when_drained() override;
  int64_t heard_at() const override;

private:
  template <class F>
  void on_loop(F f);

  std::weak_ptr<ws_stream> stream_;
  event_loop& loop_; // outlives all actors
  std::shared_ptr<ws_gauge> gauge_;
};

} // namespace callboard::net
