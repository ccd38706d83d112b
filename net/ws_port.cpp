#include "net/ws_port.hpp"

#include "net/ws_stream.hpp"

#include <boost/asio/post.hpp>

#include <string>
#include <utility>

namespace callboard::net {

/// The stream lives and dies on its loop: no other thread holds it, not even
/// for a moment.
template <class F>
void ws_port::on_loop(F f) {
  if (event_loop::current() == &loop_) {
    if (auto x = stream_.lock())
      f(*x);
    return;
  }
  boost::asio::post(loop_.io(), [stream = stream_, f = std::move(f)]() mutable {
    if (auto x = stream.lock())
      f(*x);
  });
}

ws_port::~ws_port() {
  on_loop([](ws_stream& x) { x.session_gone(); });
}

void ws_port::send(frame_ptr x) {
  on_loop([x = std::move(x)](ws_stream& to) mutable { to.send(std::move(x)); });
}

void ws_port::ping() {
  on_loop([](ws_stream& to) { to.ping(); });
}

void ws_port::close(close_code code, std::string_view reason) {
  on_loop([code, reason = std::string{reason}](ws_stream& to) {
    to.close(code, reason);
  });
}

size_t ws_port::waiting() const {
  return gauge_->waiting.load(std::memory_order_relaxed);
}

void ws_port::when_drained() {
  on_loop([](ws_stream& to) { to.when_drained(); });
}

int64_t ws_port::heard_at() const {
  return gauge_->heard_at.load(std::memory_order_relaxed);
}

} // namespace callboard::net
