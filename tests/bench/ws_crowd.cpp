#include "tests/bench/ws_crowd.hpp"

#include "protocols/fetch_ahead.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

namespace callboard::bench {

namespace {

using namespace std::chrono_literals;
using stage = ws_session::stage;

constexpr size_t opening_at_once = 200;
constexpr int looked_at_once = 512; // sessions
constexpr size_t touched = 128;     // of a session, by a text [bytes]
/// Between looks when little came: to wake the client for each frame would be
/// the server's work (1 us), which it is not for a client elsewhere.
constexpr auto rest = 1ms;

double ms_since(int64_t begin) {
  return static_cast<double>(monotonic_ns() - begin) / 1e6;
}

} // namespace

void crowd_report::add(const crowd_report& other) {
  open += other.open;
  opened += other.opened;
  failed += other.failed;
  ms = std::max(ms, other.ms);
  if (other.frames > 0) {
    first = frames > 0 ? std::min(first, other.first) : other.first;
    last = std::max(last, other.last);
  }
  frames += other.frames;
  samples.insert(samples.end(), other.samples.begin(), other.samples.end());
}

/// Who is there now, and what came since `begin` [ns].
void crowd::finish(crowd_report& x, int64_t begin, size_t failed_before) const {
  x.open = open_;
  x.failed = failed_ - failed_before;
  x.ms = ms_since(begin);
}

crowd_report crowd::open(size_t n) {
  auto begin = monotonic_ns();
  auto before = failed_;
  auto first = sessions_.size();
  for (size_t i = 0; i < n; ++i)
    sessions_.emplace_back();
  raise(first);
  crowd_report out;
  finish(out, begin, before);
  return out;
}

crowd_report crowd::collect(size_t frames, double limit) {
  auto begin = monotonic_ns();
  heard_ = {};
  while (heard_.frames < frames && ms_since(begin) < limit)
    if (turn(10))
      std::this_thread::sleep_for(rest);
  return std::exchange(heard_, {});
}

crowd_report crowd::ping(size_t n) {
  crowd_report out;
  for (size_t i = 0; i < n && !sessions_.empty(); ++i) {
    auto begin = monotonic_ns();
    heard_ = {};
    sessions_[0].send_text(R"({"type":"ping"})");
    while (heard_.frames == 0 && ms_since(begin) < 1000)
      turn(10);
    out.samples.push_back(ms_since(begin));
  }
  return out;
}

crowd_report crowd::storm() {
  auto begin = monotonic_ns();
  auto before = failed_;
  heard_ = {};
  stop_all();
  raise(0);
  auto out = std::exchange(heard_, {});
  finish(out, begin, before);
  return out;
}

crowd_report crowd::churn(size_t total, size_t n) {
  auto begin = monotonic_ns();
  auto before = failed_;
  crowd_report out;
  while (out.opened + failed_ - before < total) {
    out.opened += open(n).open;
    close();
  }
  finish(out, begin, before);
  return out;
}

crowd_report crowd::close() {
  stop_all();
  sessions_.clear();
  return {};
}

void crowd::stop_all() {
  for (auto& x : sessions_)
    x.stop();
  open_ = 0;
}

/// Connects all from `next` on, some at a time, until each is open or lost.
void crowd::raise(size_t next) {
  auto lost = failed_;
  auto opened = open_;
  auto total = sessions_.size() - next;
  auto settled = [&] { return open_ - opened + failed_ - lost; };
  size_t started = 0;
  while (settled() < total) {
    auto pending = started - settled();
    for (; pending < opening_at_once && started < total; ++started, ++pending) {
      auto& x = sessions_[next + started];
      if (!x.start(to_, next + started))
        ++failed_;
      else
        watch(x, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
    }
    turn(10);
  }
}

void crowd::watch(ws_session& x, uint32_t events, int how) const {
  epoll_event what{events | EPOLLET, {&x}};
  epoll_ctl(epoll_, how, x.fd, &what);
}

/// True if something came, and no more was there.
bool crowd::turn(int wait) {
  epoll_event events[looked_at_once];
  auto n = epoll_wait(epoll_, events, looked_at_once, wait);
  for (int i = 0; i < n; ++i) {
    if (i + 1 < n)
      fetch_ahead(events[i + 1].data.ptr, touched);
    serve(*static_cast<ws_session*>(events[i].data.ptr), events[i].events);
  }
  return n > 0 && n < looked_at_once;
}

void crowd::serve(ws_session& x, uint32_t events) {
  auto before = x.at;
  auto alive = x.ready(to_, events, [&](std::string_view text) { hear(text); });
  if (!alive) {
    open_ -= before == stage::open ? 1 : 0;
    ++failed_;
    return x.stop();
  }
  if (before == stage::connecting && x.at != stage::connecting)
    watch(x, EPOLLIN, EPOLL_CTL_MOD);
  open_ += before != stage::open && x.at == stage::open ? 1 : 0;
}

void crowd::hear(std::string_view text) {
  auto now = monotonic_ns();
  heard_.last = now;
  heard_.first = heard_.frames++ == 0 ? now : heard_.first;
  auto stamp = test::quoted_behind(text, "\"assignee\":\"");
  int64_t sent = 0;
  if (std::from_chars(stamp.data(), stamp.data() + stamp.size(), sent).ec
      == std::errc{})
    heard_.samples.push_back(static_cast<double>(now - sent) / 1e6);
}

} // namespace callboard::bench
