#include "net/ws_stream.hpp"

#include "net/ask.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <random>

namespace callboard::net {

namespace {

using boost::system::error_code;

constexpr auto turn_limit = std::chrono::seconds{20}; // to be the next one
constexpr auto linger_limit = std::chrono::seconds{2};
constexpr auto drain_limit = std::chrono::milliseconds{5000};
constexpr auto drain_step = std::chrono::milliseconds{5}; // per connection

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
    : host_(std::move(from.host)), gauge_(std::make_shared<ws_gauge>()),
      counts_(shared.ws_counts[host_->loop.index()]),
      stream_(std::move(from.stream)), shared_(shared), port_(port),
      place_(std::move(place)), reader_(shared.settings.ws.message),
      rest_(std::move(from.rest)), counted_at_(coarse_ms()),
      credit_(shared.settings.ws.burst * 1000) {
  gauge_->heard_at = counted_at_;
  host_->connections.insert(this);
  host_->loop.deadlines().add(*this);
  host_->open->fetch_add(1);
  counts_.opened.add(1);
}

ws_stream::~ws_stream() {
  host_->connections.erase(this);
  host_->open->fetch_sub(1);
  leave_starts();
}

void ws_stream::start(session_start what) {
  if (what.token.empty()) // it has nothing to do yet
    return begin(std::move(what));
  given_ = std::make_unique<session_start>(std::move(what));
  waits_ = shared_from_this();
  expire_after(turn_limit);
  host_->starts->enter([x = weak_from_this()] {
    auto self = x.lock();
    return self && self->take_turn();
  });
}

/// False if it did not wait so long.
bool ws_stream::take_turn() {
  auto self = std::exchange(waits_, nullptr);
  if (stage_ != stage::starting)
    return false;
  in_turn_ = true;
  begin(std::move(*std::exchange(given_, nullptr)));
  return true;
}

void ws_stream::leave_starts() {
  if (std::exchange(in_turn_, false))
    host_->starts->leave();
}

void ws_stream::begin(session_start what) {
  expire_never();
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

void ws_stream::end_session() {
  leave_starts();
  over_ = true;
  tell(atom::stop_v);
  session_ = nullptr;
}

void ws_stream::session_gone() {
  over_ = true;
  session_ = nullptr;
  close(close_code::internal, "Internal error");
}

void ws_stream::drain() {
  if (stage_ == stage::open)
    expire_after(some_of(host_->connections.size()));
}

void ws_stream::expired() {
  switch (stage_) {
  case stage::starting: // its turn did not come
    return refuse(close_code::overloaded, "Too many at once");
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
    abort();
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

void ws_stream::abort() {
  if (stage_ == stage::closed)
    return;
  stage_ = stage::closed;
  end_session();
  if (waits_) // it goes when nobody is at it any more
    boost::asio::post(stream_.get_executor(), [x = std::move(waits_)] {});
  expire_never();
  error_code ignored;
  stream_.socket().close(ignored);
}

} // namespace callboard::net
