// Many WebSockets of the load client on one thread.
#pragma once

#include "tests/bench/ws_session.hpp"

#include <sys/epoll.h>

#include <deque>
#include <vector>

namespace callboard::bench {

/// What came of one command.
struct crowd_report {
  size_t open = 0;   ///< sessions, now [count]
  size_t opened = 0; ///< in all [count]
  size_t failed = 0; ///< [count]
  size_t frames = 0; ///< [count]
  double ms = 0;     ///< how long it took
  int64_t first = 0; ///< when a message came; monotonic [ns]
  int64_t last = 0;
  /// How old each message was when it was read, or the round trips [ms].
  std::vector<double> samples;

  /// With what another thread found meanwhile.
  void add(const crowd_report& other);
};

class crowd {
public:
  explicit crowd(const ws_target& to) : to_(to) {}

  size_t size() const { return sessions_.size(); }

  crowd_report open(size_t n);
  /// Waits for that many messages, for `limit` ms at most.
  crowd_report collect(size_t frames, double limit);
  crowd_report ping(size_t n);
  crowd_report storm();
  crowd_report churn(size_t total, size_t n);
  crowd_report close();

private:
  void finish(crowd_report& x, int64_t begin, size_t failed_before) const;
  void raise(size_t next);
  void watch(ws_session& x, uint32_t events, int how) const;
  bool turn(int wait);
  void serve(ws_session& x, uint32_t events);
  void hear(std::string_view text);
  void stop_all();

  ws_target to_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::deque<ws_session> sessions_; // they stay where they are
  size_t open_ = 0;
  size_t failed_ = 0;
  crowd_report heard_; ///< messages
};

} // namespace callboard::bench
