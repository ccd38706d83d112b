// One thread that runs sockets and actors alike (A2).
#pragma once

#include "net/deadline_list.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/all.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace callboard::net {

/// How a loop is doing; see `event_loop::gauge`.
struct loop_gauge {
  uint64_t jobs = 0;     ///< actors resumed [count]
  uint64_t gave_way = 0; ///< times a crowded one let others run first [count]
  uint64_t blocked = 0;  ///< times the loop was held for over 50 ms [count]
  int64_t worst_ms = 0;  ///< the longest of them
  std::string last_blocked_by; ///< actor name and id, or what of `busy_scope`
  int64_t held_ms = 0;         ///< how long the present job has been running
  std::string held_by;         ///< which; empty: none
};

/// The execution unit of a loop: what CAF knows of it. Jobs from its own thread
/// need no lock; one posted handler drains them, a bounded number at a time, so
/// that sockets get their turn.
class loop_unit final : public caf::execution_unit {
public:
  loop_unit(caf::actor_system& sys, class event_loop& loop);

  void exec_later(caf::resumable* job) override;

  /// Runs what is queued on the calling thread, at most `limit` jobs; the
  /// loop's thread must be this one, or ended. True if anything was run.
  bool run_jobs(size_t limit);

  /// From now on jobs are released, not run.
  void close();

  bool idle() const { return pending_.load() == 0; }

private:
  void take_inbox();
  void post_drain();
  void run(caf::resumable* job);

  event_loop& loop_;
  std::deque<caf::resumable*> local_; ///< the loop's thread alone
  bool posted_ = false;               ///< the loop's thread alone
  std::mutex mutex_;                  // guards the inbox
  std::vector<caf::resumable*> inbox_;
  bool inbox_posted_ = false;
  std::atomic<size_t> pending_{0};
  std::atomic<bool> closed_{false};
};

/// A loop and its thread. `io` may be used from any thread, as Asio says.
class event_loop {
public:
  static constexpr std::chrono::milliseconds tick_interval{100};
  static constexpr std::chrono::milliseconds blocked_limit{50};

  explicit event_loop(size_t index);

  boost::asio::io_context& io() { return io_; }
  size_t index() const { return index_; }

  /// Where pinned actors live; null when actors run on threads of their own.
  caf::execution_unit* home() { return unit_.get(); }

  /// What is closed when its time is over; the loop's thread alone.
  deadline_list& deadlines() { return deadlines_; }

  /// Calls `f` every tick; the loop's thread, or before `start`.
  void each_tick(std::function<void()> f) { ticks_.push_back(std::move(f)); }

  /// The loop that runs the calling thread, or null.
  static event_loop* current();

  loop_gauge gauge() const;

  void start();
  /// Ends the thread; not from the thread itself.
  void stop();
  bool running() const { return thread_.joinable(); }

  void make_unit(caf::actor_system& sys);
  loop_unit* unit() { return unit_.get(); }

private:
  friend class loop_unit;
  friend class busy_scope;

  void arm();
  void tick();
  void run();
  void work();
  void began(const char* what, caf::actor_id id);
  void finished();
  void blocked(int64_t ms, std::string by);
  std::string holder() const;

  size_t index_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      guard_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<loop_unit> unit_;
  deadline_list deadlines_;
  std::vector<std::function<void()>> ticks_;
  std::thread thread_;
  int64_t due_ = 0;            ///< of the next tick, monotonic [ms]
  bool known_blocked_ = false; ///< since the last tick
  size_t most_done_ = 0;       ///< between two sleeps, since the last tick
  bool crowded_ = false;       ///< that was many in the tick before
  // What runs now: names are literals, so that any thread may read them.
  std::atomic<const char*> what_{""};
  std::atomic<caf::actor_id> actor_id_{0}; ///< 0: no actor
  std::atomic<int64_t> busy_since_{0};     ///< monotonic [ms], 0: nothing runs
  std::atomic<uint64_t> jobs_{0};
  std::atomic<uint64_t> gave_way_{0};
  std::atomic<uint64_t> blocked_{0};
  std::atomic<int64_t> worst_ms_{0};
  mutable std::mutex mutex_; // guards the text
  std::string last_blocked_by_;
};

/// Tells the gauge what a handler of the loop is about; not within another, nor
/// within an actor. The loop's thread alone.
class busy_scope {
public:
  /// `what`: a literal.
  busy_scope(event_loop& loop, const char* what) : loop_(loop) {
    loop_.began(what, 0);
  }
  ~busy_scope() { loop_.finished(); }
  busy_scope(const busy_scope&) = delete;
  busy_scope& operator=(const busy_scope&) = delete;

private:
  event_loop& loop_;
};

} // namespace callboard::net
