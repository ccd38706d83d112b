#include "net/ws_stream.hpp"

#include "net/ask.hpp"
#include "net/control_frame.hpp"
#include "protocols/server_message.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <random>

namespace callboard::net {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using wants = byte_stream::wants;

constexpr size_t reads_at_once = 4;     // then others have their turn
constexpr size_t writes_of_pieces = 64; // of one call
constexpr size_t drained = 100;         // frames that wait
constexpr auto write_limit = std::chrono::seconds{20}; // without progress
constexpr auto linger_limit = std::chrono::seconds{2};
constexpr auto drain_limit = std::chrono::milliseconds{5000};
constexpr auto drain_step = std::chrono::milliseconds{5}; // per connection

/// Shared by all connections of a thread: a wait keeps no buffer.
std::array<char, 65'536>& scratch() {
  thread_local std::array<char, 65'536> bytes;
  return bytes;
}

int64_t coarse_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             coarse_now().time_since_epoch())
      .count();
}

/// Some time within the drain of `n` connections.
std::chrono::milliseconds some_of(size_t n) {
  thread_local std::minstd_rand dice{std::random_device{}()};
  auto most = std::min<std::chrono::milliseconds>(
      drain_limit, drain_step * static_cast<int64_t>(n));
  return std::chrono::milliseconds{
      std::uniform_int_distribution<int64_t>{0, most.count()}(dice)};
}

std::string next_id() {
  static std::atomic<uint64_t> n{0};
  return "ws-" + std::to_string(n.fetch_add(1) + 1);
}

} // namespace

ws_stream::ws_stream(taken_connection&& from, services& shared,
                     reply_port& port, ws_place place)
    : host_(std::move(from.host)), shared_(shared), port_(port),
      place_(std::move(place)), stream_(std::move(from.stream)),
      reader_(shared.settings.ws.message), gauge_(std::make_shared<ws_gauge>()),
      rest_(std::move(from.rest)), counted_at_(coarse_ms()),
      credit_(shared.settings.ws.burst * 1000) {
  gauge_->heard_at = counted_at_;
  host_->connections.insert(this);
  host_->loop.deadlines().add(*this);
  host_->open->fetch_add(1);
  shared_.ws_counts.opened.fetch_add(1, std::memory_order_relaxed);
}

ws_stream::~ws_stream() {
  host_->connections.erase(this);
  host_->open->fetch_sub(1);
}

// -- the session
// ------------------------------------------------------------------

void ws_stream::start(session_start what) {
  auto& loop = host_->loop;
  what.socket = std::make_shared<ws_port>(weak_from_this(), loop, gauge_);
  start_child wish;
  wish.id = next_id();
  // It is started once: the copy that a supervisor keeps holds nothing.
  wish.start = [&shared = shared_, home = loop.home(),
                start = std::make_shared<session_start>(std::move(what))](
                   caf::actor_system& sys, const child_ptr& me) mutable {
    auto given = std::exchange(start, nullptr);
    return shared.make_ws_session(sys, me, home, std::move(*given));
  };
  ask<caf::actor>(
      port_, shared_.ws_sessions[loop.index()](), shared_.settings.ws.start,
      [self = shared_from_this()](caf::expected<caf::actor> session) {
        self->started(std::move(session));
      },
      std::move(wish));
}

void ws_stream::started(caf::expected<caf::actor> session) {
  if (stage_ == stage::closed) {
    if (session)
      caf::anon_send(*session, atom::stop_v);
    return;
  }
  if (!session)
    close(close_code::overloaded, "No session");
  else if (over_) // it sent too much, or has ended meanwhile
    caf::anon_send(*session, atom::stop_v);
  else
    session_ = std::move(*session);
  if (stage_ == stage::starting)
    stage_ = stage::open;
  if (host_->draining)
    drain();
  read();
}

template <class... Ts>
void ws_stream::tell(Ts&&... message) {
  if (!session_)
    return;
  auto* to = caf::actor_cast<caf::abstract_actor*>(session_);
  to->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(), {},
                                        std::forward<Ts>(message)...),
              host_->loop.home());
}

void ws_stream::end_session() {
  over_ = true;
  tell(atom::stop_v);
  session_ = nullptr;
}

void ws_stream::session_gone() {
  over_ = true;
  session_ = nullptr;
  close(close_code::internal, "Internal error");
}

// -- what comes
// -------------------------------------------------------------------

void ws_stream::read() {
  if (!rest_.empty())
    take(std::exchange(rest_, {}));
  for (size_t i = 0; i < reads_at_once && stage_ < stage::lingering; ++i) {
    auto& into = scratch();
    auto got = stream_.read(asio::buffer(into));
    if (got.next != wants::nothing)
      return wait_to_read(got.next);
    if (got.error)
      return lost();
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
  shared_.ws_counts.texts_in.fetch_add(1, std::memory_order_relaxed);
  if (!is_too_fast())
    return tell(atom::text_v, std::move(text));
  shared_.ws_counts.too_fast.fetch_add(1, std::memory_order_relaxed);
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

/// The connection is gone.
void ws_stream::lost() {
  end_session();
  abort();
}

// -- what goes
// --------------------------------------------------------------------

void ws_stream::send(frame_ptr x) {
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
  shared_.ws_counts.overflowed.fetch_add(1, std::memory_order_relaxed);
  queue_.drop_unsent(stream_.owed());
  end_session();
  close(close_code::overloaded, "Too slow");
}

void ws_stream::close(close_code code, std::string_view reason) {
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
    lost();
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
  auto& counts = shared_.ws_counts;
  counts.writes.fetch_add(1, std::memory_order_relaxed);
  counts.frames_out.fetch_add(before - queue_.size(),
                              std::memory_order_relaxed);
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

// -- the end
// ----------------------------------------------------------------------

void ws_stream::drain() {
  if (stage_ == stage::open)
    expire_after(some_of(host_->connections.size()));
}

void ws_stream::expired() {
  switch (stage_) {
  case stage::starting: // `started` is called in any case
    return;
  case stage::open:
    if (writing_ && !host_->draining)
      return overflow();
    stage_ = stage::leaving;
    expire_after(shared_.settings.ws.close);
    if (session_)
      return tell(atom::stop_v, close_code::going_away,
                  std::string{"Server shutting down"});
    return close(close_code::going_away, "Server shutting down");
  default:
    lost();
  }
}

/// Both have said goodbye. To close at once would reset the connection, and
/// what the client has not read yet with it.
void ws_stream::finish() {
  stage_ = stage::lingering;
  expire_after(linger_limit);
  stream_.async_finish([self = shared_from_this()](error_code ec) {
    if (ec)
      return self->abort();
    self->discard();
  });
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

void ws_stream::abort() {
  if (stage_ == stage::closed)
    return;
  stage_ = stage::closed;
  end_session();
  expire_never();
  error_code ignored;
  stream_.socket().close(ignored);
}

} // namespace callboard::net
