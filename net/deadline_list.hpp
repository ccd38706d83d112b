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

class deadline_list;

/// Something that is ended when its time is over.
class expirable
    : public boost::intrusive::list_base_hook<
          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  using clock = std::chrono::steady_clock;

  /// From now on `d` is left; cheap, call it as often as needed.
  void expire_after(std::chrono::milliseconds d);
  void expire_never() { deadline_ = clock::time_point::max(); }

  /// The time is over; on the loop's thread. May destroy the object.
  virtual void expired() = 0;

protected:
  expirable() = default;
  virtual ~expirable() = default;

private:
  friend class deadline_list;
  clock::time_point deadline_ = clock::time_point::max();
  deadline_list* list_ = nullptr;
};

/// One per loop, used on its thread alone. Objects leave by being destroyed.
/// Holds those with a deadline, and until the next sweep those who had one:
/// thousands that wait for nothing cost nothing.
class deadline_list {
public:
  static constexpr std::chrono::milliseconds interval{200};

  /// `x` has no deadline yet.
  void add(expirable& x) { x.list_ = this; }

  /// Ends what is due; does nothing more often than every `interval`.
  void sweep(expirable::clock::time_point now) {
    if (now < next_)
      return;
    next_ = now + interval;
    list due; // an end may add to or take from the list
    for (auto i = items_.begin(); i != items_.end();) {
      auto& x = *i++;
      if (x.deadline_ == expirable::clock::time_point::max()) {
        x.unlink();
      } else if (x.deadline_ <= now) {
        x.unlink();
        due.push_back(x);
      }
    }
    while (!due.empty()) {
      auto& x = due.front();
      x.unlink();
      x.expire_never();
      x.expired();
    }
  }

  /// How many a sweep looks at [count].
  size_t watched() const { return items_.size(); }

private:
  friend class expirable;
  using list
      = boost::intrusive::list<expirable,
                               boost::intrusive::constant_time_size<false>>;
  list items_;
  expirable::clock::time_point next_{};
};

inline void expirable::expire_after(std::chrono::milliseconds d) {
  deadline_ = coarse_now() + d;
  if (!is_linked())
    list_->items_.push_back(*this);
}

} // namespace callboard::net
