// The front of the store workers: gives each job to an idle one, and knows
// whether the database answers.
#pragma once

#include "protocols/messages.hpp"
#include "protocols/owed.hpp"
#include "storage/store_worker.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <vector>

namespace callboard::storage {

struct store_settings {
  worker_board_ptr board = std::make_shared<worker_board>();
  bool sqlite = false;
  size_t max_waiting = 1024; ///< jobs without a worker [count]
  /// A job that takes longer has its connection shut down.
  std::chrono::milliseconds overdue{6000};
  /// A ping that takes longer means: the database is frozen.
  std::chrono::milliseconds stalled{1000};
  /// A job that waits longer for a worker is refused.
  std::chrono::milliseconds wait{30'000};
  /// An overflow worker without a job for so long ends.
  std::chrono::milliseconds trim{30'000};
  /// Asks for one more worker, and not again before it said hello or a sweep
  /// has passed: it may be refused.
  std::function<void()> grow = nullptr;
  /// Hears after each job that may have changed tasks.
  std::function<void()> tasks_changed = nullptr;
};

/// With SQLite writes have a pool of one worker of their own, reads the other;
/// with PostgreSQL one pool serves both.
enum : size_t { writing_pool = 0, reading_pool = 1 };

/// Answers as `store_actor` (by passing jobs on) and `store_status_actor`.
/// While the database is away jobs are refused at once, and a ping every half
/// second finds out when it is back.
class store_front : public caf::event_based_actor {
public:
  using time_point = caf::actor_clock::time_point;

  store_front(caf::actor_config& cfg, store_settings settings);
  caf::behavior make_behavior() override;
  /// Who waits is answered; their promises would keep this actor for ever.
  void on_exit() override;
  const char* name() const override { return "store"; }

private:
  struct worker {
    caf::actor handle;
    std::weak_ptr<connection> db; ///< it closes on the worker's thread
    size_t pool = 0;
    bool overflow = false;
    bool busy = false;
    bool pinging = false;
    bool adopted = false; ///< of a former front; busy until it answers a ping
    bool interrupted = false;
    bool leaving = false; ///< was told to end
    time_point since;     ///< of the present job, or of idleness
  };

  struct job {
    owed<caf::response_promise> caller;
    caf::message content;
    time_point since;
  };

  caf::result<caf::message> take(caf::message_view& x);
  worker* add(const worker_hello& x);
  void adopt(const worker_hello& x);
  void admit(const worker_hello& x);
  void ping(worker& x);
  void released(const worker_idle& x);
  void lost(const caf::actor_addr& x);
  void assign(worker& to, job what);
  void feed(size_t pool);
  void set_connected(bool connected);
  void renew_idle_sessions();
  static void interrupt(const worker& x);
  void sweep();
  void probe(time_point now);
  void watch(worker& x, time_point now);
  worker* idle_worker(size_t pool);
  worker* find(const caf::actor_addr& x);
  database_status status() const;

  store_settings settings_;
  std::vector<worker> workers_;
  std::deque<job> waiting_[2];
  bool connected_ = true; ///< the program reached it before it started us
  bool pinged_ = false;
  bool growing_ = false; ///< a worker was asked for
  time_point last_contact_;
  time_point last_ping_;
};

} // namespace callboard::storage
