// Holds WebSockets open and measures what comes, on one thread. Obeys lines on
// standard input, and answers each with a line of JSON:
//   open <n>                  n more sessions
//   collect <frames> <ms>     waits for that many messages; how long from the
//                             first to the last, and how old each was when it
//                             came (`"assignee":"<monotonic ns>"` in it)
//   ping <n>                  round trips of the first session, one by one
//   storm                     all leave at once and resume
//   churn <total> <n>         so many open and close, n at a time
//   close                     all
// Usage: ws_load <port> [path [query [greeted [tls]]]]
#include "tests/bench/ws_session.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <deque>
#include <iostream>
#include <sstream>

namespace {

using namespace callboard::bench;
using stage = ws_session::stage;

constexpr size_t opening_at_once = 200;

double ms_since(int64_t begin) {
  return static_cast<double>(monotonic_ns() - begin) / 1e6;
}

/// Samples by rank; in the unit that they are in.
class ranks {
public:
  void add(double x) { all_.push_back(x); }

  std::string json() {
    std::sort(all_.begin(), all_.end());
    auto at = [&](double share) {
      return all_.empty() ? 0.0
                          : all_[static_cast<size_t>(
                              share * static_cast<double>(all_.size() - 1))];
    };
    char out[160];
    std::snprintf(out, sizeof(out),
                  "\"samples\":%zu,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f",
                  all_.size(), at(0.5), at(0.99), at(1));
    return out;
  }

private:
  std::vector<double> all_;
};

class crowd {
public:
  explicit crowd(ws_target to) : to_(std::move(to)) {}

  std::string open(size_t n) {
    auto begin = monotonic_ns();
    auto before = failed_;
    auto first = sessions_.size();
    for (size_t i = 0; i < n; ++i)
      sessions_.emplace_back();
    raise(first);
    return "\"open\":" + std::to_string(open_)
           + ",\"failed\":" + std::to_string(failed_ - before)
           + ",\"ms\":" + std::to_string(ms_since(begin));
  }

  std::string collect(size_t frames, double limit) {
    auto begin = monotonic_ns();
    ages_ = {};
    heard_ = 0;
    first_ = last_ = 0;
    while (heard_ < frames && ms_since(begin) < limit)
      turn(10);
    return "\"frames\":" + std::to_string(heard_) + ",\"ms\":"
           + std::to_string(static_cast<double>(last_ - first_) / 1e6) + ','
           + ages_.json();
  }

  std::string ping(int n) {
    ranks trips;
    for (int i = 0; i < n && !sessions_.empty(); ++i) {
      auto begin = monotonic_ns();
      heard_ = 0;
      sessions_[0].send_text(R"({"type":"ping"})");
      while (heard_ == 0 && ms_since(begin) < 1000)
        turn(10);
      trips.add(ms_since(begin));
    }
    return trips.json();
  }

  std::string storm() {
    auto begin = monotonic_ns();
    auto before = failed_;
    heard_ = 0;
    close();
    raise(0);
    auto all = ms_since(begin);
    return "\"open\":" + std::to_string(open_) + ",\"failed\":"
           + std::to_string(failed_ - before) + ",\"ms\":" + std::to_string(all)
           + ",\"frames\":" + std::to_string(heard_);
  }

  std::string churn(size_t total, size_t n) {
    auto begin = monotonic_ns();
    size_t done = 0;
    auto before = failed_;
    while (done + failed_ - before < total) {
      open(n);
      done += open_;
      close();
      sessions_.clear();
    }
    return "\"opened\":" + std::to_string(done)
           + ",\"failed\":" + std::to_string(failed_ - before)
           + ",\"ms\":" + std::to_string(ms_since(begin));
  }

  void close() {
    for (auto& x : sessions_)
      x.stop();
    open_ = 0;
  }

private:
  /// Connects all from `next` on, some at a time, until each is open or lost.
  void raise(size_t next) {
    size_t pending = 0;
    auto lost = failed_;
    auto opened = open_;
    auto total = sessions_.size() - next;
    auto settled = [&] { return open_ - opened + failed_ - lost; };
    size_t started = 0;
    while (settled() < total) {
      pending = started - settled();
      for (; pending < opening_at_once && started < total;
           ++started, ++pending) {
        auto& x = sessions_[next + started];
        if (!x.start(to_, next + started))
          ++failed_;
        else
          watch(x, EPOLLIN | EPOLLOUT, EPOLL_CTL_ADD);
      }
      turn(10);
    }
  }

  void watch(ws_session& x, uint32_t events, int how) const {
    epoll_event what{events | EPOLLET, {&x}};
    epoll_ctl(epoll_, how, x.fd, &what);
  }

  void turn(int wait) {
    epoll_event events[512];
    auto n = epoll_wait(epoll_, events, 512, wait);
    for (int i = 0; i < n; ++i)
      serve(*static_cast<ws_session*>(events[i].data.ptr), events[i].events);
  }

  void serve(ws_session& x, uint32_t events) {
    auto before = x.at;
    auto alive
        = x.ready(to_, events, [&](std::string_view text) { hear(text); });
    if (!alive) {
      open_ -= before == stage::open ? 1 : 0;
      ++failed_;
      return x.stop();
    }
    if (before == stage::connecting && x.at != stage::connecting)
      watch(x, EPOLLIN, EPOLL_CTL_MOD);
    open_ += before != stage::open && x.at == stage::open ? 1 : 0;
  }

  void hear(std::string_view text) {
    last_ = monotonic_ns();
    first_ = heard_++ == 0 ? last_ : first_;
    auto stamp = callboard::test::quoted_behind(text, "\"assignee\":\"");
    int64_t sent = 0;
    if (std::from_chars(stamp.data(), stamp.data() + stamp.size(), sent).ec
        == std::errc{})
      ages_.add(static_cast<double>(last_ - sent) / 1e6);
  }

  ws_target to_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::deque<ws_session> sessions_; // they stay where they are
  size_t open_ = 0;
  size_t failed_ = 0;
  size_t heard_ = 0;
  int64_t first_ = 0; ///< when a message came [ns]
  int64_t last_ = 0;
  ranks ages_;
};

std::string obey(crowd& all, const std::string& line) {
  std::istringstream words{line};
  std::string verb;
  double a = 0;
  double b = 0;
  words >> verb >> a >> b;
  if (verb == "open")
    return all.open(static_cast<size_t>(a));
  if (verb == "collect")
    return all.collect(static_cast<size_t>(a), b);
  if (verb == "ping")
    return all.ping(static_cast<int>(a));
  if (verb == "storm")
    return all.storm();
  if (verb == "churn")
    return all.churn(static_cast<size_t>(a), static_cast<size_t>(b));
  if (verb == "close") {
    all.close();
    return "\"open\":0";
  }
  return "\"unknown\":true";
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: ws_load <port> [path [query [greeted [tls]]]]\n";
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  ws_target to;
  to.port = static_cast<uint16_t>(std::stoi(argv[1]));
  to.path = argc > 2 ? argv[2] : "/ws";
  to.query = argc > 3 ? argv[3] : "";
  to.greeted = argc <= 4 || std::string_view{argv[4]} == "1";
  if (argc > 5 && std::string_view{argv[5]} == "1") // whose it is: no matter
    to.tls = SSL_CTX_new(TLS_client_method());
  crowd all{to};
  for (std::string line; std::getline(std::cin, line);)
    std::cout << '{' << obey(all, line) << "}" << std::endl;
}
