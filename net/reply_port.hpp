// Where answers for sockets arrive: an actor without mailbox, one per loop. One
// coarse sweep for all deadlines, never a CAF timeout per request.
#pragma once

#include "net/event_loop.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace callboard::net {

/// Somebody who waits for an answer.
class pending_answer {
public:
  virtual ~pending_answer() = default;

  /// Called once on the loop's thread: with the error, or with the answer.
  virtual void deliver(caf::error err, caf::message_view* answer) = 0;
};

/// `enqueue`: any thread. All else: the loop's thread alone.
class reply_port final : public caf::monitorable_actor {
public:
  using clock = std::chrono::steady_clock;

  reply_port(caf::actor_config& cfg, event_loop& loop);

  const char* name() const override { return "reply_port"; }

  using caf::monitorable_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr x, caf::execution_unit* eu) override;

  /// @returns the id that the request must carry.
  caf::message_id add(std::unique_ptr<pending_answer> x,
                      std::chrono::milliseconds timeout);

  /// Fails all whose deadline passed with `sec::request_timeout`, up to a tick
  /// late. The loop's tick calls it.
  void sweep();

  /// Fails everything with `exit_reason::user_shutdown`; later answers are
  /// dropped. Call it before the loop goes, with its thread ended.
  void close();

  event_loop& loop() { return loop_; }
  size_t pending() const { return pending_.size(); }

private:
  struct entry {
    std::unique_ptr<pending_answer> who;
    clock::time_point deadline;
  };

  void post_drain();
  void drain();
  bool is_done();
  void take(caf::mailbox_element& x);
  static void deliver(pending_answer& who, caf::error err,
                      caf::message_view* answer);

  event_loop& loop_;
  uint64_t last_id_ = 0;
  std::unordered_map<uint64_t, entry> pending_;
  std::mutex mutex_; // guards the next three
  std::vector<caf::mailbox_element_ptr> inbox_;
  bool closed_ = false;
  bool posted_ = false; ///< a turn is to come
  std::vector<caf::mailbox_element_ptr> batch_;
  size_t next_ = 0; ///< of `batch_`
};

/// Keeps a port alive.
class port_handle {
public:
  port_handle(caf::actor_system& sys, event_loop& loop);
  ~port_handle();
  port_handle(const port_handle&) = delete;
  port_handle& operator=(const port_handle&) = delete;

  reply_port& operator*() { return *port_; }
  reply_port* operator->() { return port_; }

private:
  caf::strong_actor_ptr self_;
  reply_port* port_;
};

} // namespace callboard::net
