// Commits of other processes on the same PostgreSQL: heard by LISTEN, told by
// NOTIFY (A6). A hint alone: what gets lost is found by the feed's sweep.
#pragma once

#include "protocols/messages.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

struct pg_conn;

namespace callboard::storage {

struct event_listener_settings {
  std::string uri; ///< libpq's, see `database::location`
  /// Hears how far another process has committed; on the listener's thread.
  std::function<void(int64_t)> heard;
  /// Between two NOTIFYs; commits in between share the next one. They are sent
  /// outside of the writers' transactions, which they would put in a row.
  std::chrono::milliseconds pause{5};
  std::chrono::milliseconds first_retry{100}; ///< then doubled
  std::chrono::milliseconds last_retry{5000};
};

/// One session of its own, and the thread that waits for it. It connects again
/// after a loss, and tells then what was committed meanwhile.
class commit_channel {
public:
  explicit commit_channel(event_listener_settings settings);
  /// Ends the thread; does not wait for the database.
  ~commit_channel();
  commit_channel(const commit_channel&) = delete;
  commit_channel& operator=(const commit_channel&) = delete;

  /// This process has committed up to here. Any thread; never blocks.
  void tell(int64_t position);

  /// Whether it hears the others now. Any thread.
  bool listening() const { return listening_; }

private:
  using clock = std::chrono::steady_clock;

  void run();
  bool connect();
  bool serve();
  bool send_due();
  bool execute(const std::string& text);
  bool wait_for(short events, clock::time_point until);
  void pause_for(std::chrono::milliseconds time);
  bool take_notices();
  void wake() const;
  void drain() const;

  event_listener_settings settings_;
  int wake_ = -1; ///< an eventfd: something was told, or the end
  std::atomic<bool> stopping_{false};
  std::atomic<bool> listening_{false};
  std::atomic<int64_t> told_{0};
  int64_t sent_ = 0;
  clock::time_point next_send_;
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> session_;
  std::thread thread_; ///< last: it uses all of the above
};

/// The channel under supervision.
using event_listener_actor = caf::typed_actor<
    // This process has committed up to here.
    caf::reacts_to<atom::notice, int64_t>>;

struct event_listener_state {
  static inline const char* name = "event_listener";
  std::unique_ptr<commit_channel> channel;
};

event_listener_actor::behavior_type event_listener(
    event_listener_actor::stateful_pointer<event_listener_state> self,
    event_listener_settings settings);

} // namespace callboard::storage
