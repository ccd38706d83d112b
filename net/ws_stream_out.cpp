// What goes to the client.
#include "net/control_frame.hpp"
#include "net/ws_stream.hpp"

#include <boost/asio/post.hpp>

#include <array>

namespace callboard::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using wants = byte_stream::wants;

constexpr size_t writes_of_pieces = 64;                // of one call
constexpr size_t drained = 100;                        // frames that wait
constexpr auto write_limit = std::chrono::seconds{20}; // without progress

} // namespace

void ws_stream::send(frame_ptr x) {
  leave_starts(); // it knows where to go on: the rest waits for nobody
  if (stage_ < stage::closing)
    push(std::move(x));
}

void ws_stream::ping() { send(ping_control_frame()); }

void ws_stream::push(frame_ptr x) {
  if (!queue_.push(std::move(x)))
    return overflow();
  flush_soon();
}

/// A slow client costs nobody else anything.
void ws_stream::overflow() {
  counts_.overflowed.add(1);
  queue_.drop_unsent(stream_.owed());
  end_session();
  close(close_code::overloaded, "Too slow");
}

void ws_stream::close(close_code code, std::string_view reason) {
  leave_starts();
  if (stage_ >= stage::closing)
    return;
  stage_ = stage::closing;
  expire_after(shared_.settings.ws.close);
  queue_.push_last(close_frame(code, reason));
  flush_soon();
}

/// One write for all that comes before this loop's next look at its sockets.
void ws_stream::flush_soon() {
  gauge_->waiting.store(queue_.size(), std::memory_order_relaxed);
  if (writing_ || std::exchange(unflushed_, true))
    return;
  auto& list = host_->unflushed;
  list.push_back(weak_from_this());
  if (list.size() > 1)
    return;
  asio::post(host_->loop.io(), [host = host_] {
    busy_scope busy{host->loop, "websocket"};
    for (auto& x : std::exchange(host->unflushed, {}))
      if (auto stream = x.lock())
        stream->flush();
  });
}

void ws_stream::flush() {
  unflushed_ = false;
  if (stage_ >= stage::lingering)
    return;
  while (!writing_ && !queue_.empty())
    if (!write_some())
      return;
  gauge_->waiting.store(queue_.size(), std::memory_order_relaxed);
  if (asked_ && queue_.size() < drained) {
    asked_ = false;
    tell(atom::touch_v);
  }
  if (stage_ == stage::closing && deaf_ && queue_.empty())
    finish();
}

/// False if the connection is gone.
bool ws_stream::write_some() {
  std::array<asio::const_buffer, writes_of_pieces> pieces;
  auto n = queue_.peek(pieces);
  auto done = stream_.write(std::span{pieces}.first(n));
  if (done.error) {
    abort();
    return false;
  }
  if (done.next != wants::nothing)
    wait_to_write(done.next);
  else
    written(done.size);
  return true;
}

void ws_stream::written(size_t size) {
  auto before = queue_.size();
  queue_.consume(size);
  counts_.writes.add(1);
  counts_.frames_out.add(before - queue_.size());
  if (pong_ && pong_.use_count() == 1) { // it has left the queue
    pong_ = std::exchange(next_pong_, nullptr);
    if (pong_)
      queue_.push_last(pong_);
  }
}

void ws_stream::wait_to_write(wants what) {
  writing_ = true;
  if (stage_ == stage::open && !host_->draining)
    expire_after(write_limit);
  stream_.wait(what, [self = shared_from_this()](error_code ec) {
    if (ec)
      return;
    self->writing_ = false;
    if (self->stage_ == stage::open && !self->host_->draining)
      self->expire_never();
    busy_scope busy{self->host_->loop, "websocket"};
    self->flush();
  });
}

void ws_stream::when_drained() {
  asked_ = true;
  flush_soon();
}

} // namespace callboard::net
