// Deadlines of many sockets without a timer for each: one coarse sweep.
#pragma once

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstdint>
#include <time.h>

namespace callboard::net {

/// The steady clock as of the kernel's last tick, some milliseconds ago: a
/// connection reads it five times per request, and the true one costs 25 ns.
inline std::chrono::steady_clock::time_point coarse_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::chrono::steady_clock::time_point{
      std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

/// The same [ms].
inline int64_t coarse_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             coarse_now().time_since_epoch())
      .count();
}

/// Something that is ended when its time is over.
class expirable
    : public boost::intrusive::list_base_hook<
          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  using clock = std::chrono::steady_clock;

  /// From now on `d` is left; cheap, call it as often as needed.
  void expire_after(std::chrono::milliseconds d) {
    deadline_ = coarse_now() + d;
  }
  void expire_never() { deadline_ = clock::time_point::max(); }

  /// The time is over; on the loop's thread. May destroy the object.
  virtual void expired() = 0;

protected:
  expirable() = default;
  virtual ~expirable() = default;

private:
  friend class deadline_list;
  clock::time_point deadline_ = clock::time_point::max();
};

/// One per loop, used on its thread alone. Objects leave by being destroyed.
class deadline_list {
public:
  static constexpr std::chrono::milliseconds interval{200};

  void add(expirable& x) { items_.push_back(x); }

  /// Ends what is due; does nothing more often than every `interval`.
  void sweep(expirable::clock::time_point now) {
    if (now < next_)
      return;
    next_ = now + interval;
    list due; // an end may add to or take from the list
    for (auto i = items_.begin(); i != items_.end();) {
      auto& x = *i++;
      if (x.deadline_ > now)
        continue;
      x.unlink();
      due.push_back(x);
    }
    while (!due.empty()) {
      auto& x = due.front();
      x.unlink();
      items_.push_back(x);
      x.expire_never();
      x.expired();
    }
  }

private:
  using list
      = boost::intrusive::list<expirable,
                               boost::intrusive::constant_time_size<false>>;
  list items_;
  expirable::clock::time_point next_{};
};

} // namespace callboard::net
