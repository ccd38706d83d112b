// What comes from the client.
#include "net/control_frame.hpp"
#include "net/ws_stream.hpp"
#include "protocols/server_message.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>

namespace callboard::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using wants = byte_stream::wants;

constexpr size_t reads_at_once = 4; // then others have their turn
constexpr size_t ends_at_once = 16; // likewise

/// Shared by all connections of a thread: a wait keeps no buffer.
std::array<char, 65'536>& scratch() {
  thread_local std::array<char, 65'536> bytes;
  return bytes;
}

/// Ends some of those who are gone, and the others when the loop has done what
/// came meanwhile.
void end_some(const std::shared_ptr<session_host>& host) {
  asio::post(host->loop.io(), [host] {
    busy_scope busy{host->loop, "websocket"};
    for (size_t i = 0; i < ends_at_once && !host->gone.empty(); ++i) {
      if (auto x = host->gone.front().lock())
        x->abort();
      host->gone.pop_front();
    }
    if (!host->gone.empty())
      end_some(host);
  });
}

} // namespace

void ws_stream::read() {
  if (!rest_.empty())
    take(std::exchange(rest_, {}));
  for (size_t i = 0; i < reads_at_once && stage_ < stage::lingering; ++i) {
    auto& into = scratch();
    auto got = stream_.read(asio::buffer(into));
    if (got.next != wants::nothing)
      return wait_to_read(got.next);
    if (got.error)
      return gone();
    gauge_->heard_at.store(coarse_ms(), std::memory_order_relaxed);
    take({into.data(), got.size});
    if (got.size < into.size() && !stream_.has_more())
      return wait_to_read(wants::read);
  }
  if (stage_ < stage::lingering)
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      busy_scope busy{self->host_->loop, "websocket"};
      self->read();
    });
}

void ws_stream::wait_to_read(wants what) {
  if (stage_ >= stage::lingering)
    return;
  stream_.wait(what, [self = shared_from_this()](error_code ec) {
    if (ec)
      return;
    busy_scope busy{self->host_->loop, "websocket"};
    self->read();
  });
}

void ws_stream::take(std::string_view bytes) {
  while (!bytes.empty() && !deaf_) {
    auto x = reader_.next(bytes);
    switch (x.what) {
    case incoming::kind::nothing:
    case incoming::kind::pong: // it was heard: that is all it is for
      break;
    case incoming::kind::text:
      take_text(std::move(x.data));
      break;
    case incoming::kind::ping:
      take_ping(x.data);
      break;
    case incoming::kind::close:
      take_goodbye(x);
      break;
    case incoming::kind::refused:
      refuse(x.code, x.data);
      break;
    }
  }
}

void ws_stream::take_text(std::string&& text) {
  if (stage_ >= stage::closing)
    return;
  counts_.texts_in.add(1);
  if (!is_too_fast())
    return tell(atom::text_v, std::move(text));
  counts_.too_fast.add(1);
  push(error_frame({}, "Too many messages"));
  refuse(close_code::policy, "Too many messages");
}

/// Each text costs 1000, and `rate` of them come back in a second.
bool ws_stream::is_too_fast() {
  auto& limits = shared_.settings.ws;
  auto now = coarse_ms();
  credit_ = std::min(credit_ + (now - counted_at_) * limits.rate,
                     limits.burst * 1000);
  counted_at_ = now;
  if (credit_ < 1000)
    return true;
  credit_ -= 1000;
  return false;
}

/// Only the newest need be answered (RFC 6455 section 5.5.3), so a flood of
/// them waits as two.
void ws_stream::take_ping(std::string_view payload) {
  if (stage_ >= stage::closing)
    return;
  auto answer = pong_control_frame(payload);
  if (pong_) {
    next_pong_ = std::move(answer);
    return;
  }
  pong_ = answer;
  push(std::move(answer));
}

void ws_stream::take_goodbye(const incoming& x) {
  deaf_ = true;
  end_session();
  if (stage_ < stage::closing)
    close(x.code, {});
  else
    flush_soon();
}

/// The client broke a rule: nothing it says counts any more.
void ws_stream::refuse(close_code code, std::string_view reason) {
  deaf_ = true;
  end_session();
  close(code, reason);
}

/// The client is gone: to end a session costs more than a request, and when
/// thousands go at once, requests go between them.
void ws_stream::gone() {
  waits_ = shared_from_this();
  host_->gone.push_back(weak_from_this());
  if (host_->gone.size() == 1)
    end_some(host_);
}

void ws_stream::discard() {
  if (stage_ == stage::closed)
    return;
  auto got = stream_.read(asio::buffer(scratch()));
  if (got.error)
    return abort();
  stream_.wait(got.next == wants::write ? wants::write : wants::read,
               [self = shared_from_this()](error_code ec) {
                 if (!ec)
                   self->discard();
               });
}

} // namespace callboard::net
