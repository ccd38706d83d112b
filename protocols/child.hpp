// The record of a supervised actor: it outlives incarnations, so what a crash
// must not lose is kept here. The tree is read from these records by any
// thread; no actor is asked.
#pragma once

#include "protocols/timestamp.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// When an ended child is started again: always, after an abnormal end, never.
enum class restart : uint8_t { permanent, transient, temporary };

/// Who is restarted with a failed child; `dynamic`: children come and go.
enum class strategy : uint8_t {
  one_for_one,
  one_for_all,
  rest_for_one,
  dynamic
};

enum class child_state : uint8_t {
  starting,
  running,
  restarting, ///< failed, waits for its back-off
  stopped,
  failed,    ///< not to be restarted, or its supervisor gave up
  abandoned, ///< did not end within its grace, not even when killed
};

std::string_view to_string(restart x);
std::string_view to_string(strategy x);
std::string_view to_string(child_state x);

/// How an incarnation ended abnormally.
struct crash {
  std::string reason;       ///< with the text of an exception
  std::string message_type; ///< what it was handling; empty if nothing
  timestamp at;
  uint64_t restarts = 0; ///< of the child, when it happened
};

class child;
using child_ptr = std::shared_ptr<child>;

/// One place in the tree. All members are thread-safe.
class child {
public:
  child(std::string id, restart policy) : id_(std::move(id)), policy_(policy) {}

  const std::string& id() const { return id_; }
  restart policy() const { return policy_; }

  // -- slot -----------------------------------------------------------------

  /// The present incarnation, or null: look it up at each send.
  caf::actor get() const;

  /// The same as a typed handle.
  template <class Handle>
  Handle as() const {
    return caf::actor_cast<Handle>(get());
  }

  /// State for the next incarnation (A16); written by the child as it changes.
  void keep(caf::message state);
  caf::message kept() const;

  // -- counters, written by `supervised` ------------------------------------

  void count_enqueued();
  void count_taken();
  uint64_t messages() const { return taken_.load(std::memory_order_relaxed); }
  uint64_t backlog() const;
  /// How long the mailbox has made no progress though messages wait [ms].
  int64_t waiting_ms() const;

  // -- life, written by the supervisor --------------------------------------

  void started(caf::actor incarnation, bool again);
  void ended(child_state next);
  void set_state(child_state x) { state_.store(x); }
  child_state state() const { return state_.load(); }
  uint64_t restarts() const { return restarts_.load(); }
  int64_t uptime_ms() const;

  /// Notes the message and the text of an exception that escapes a handler.
  void note_exception(std::string text, std::string message_type);
  /// Makes the crash record of an abnormal end, from its reason and what was
  /// noted.
  void note_crash(std::string reason);
  std::optional<crash> last_crash() const;

  // -- the tree ---------------------------------------------------------------

  /// Set once by a supervisor for its own record.
  void supervise(strategy how);
  std::optional<strategy> supervises() const;
  void add(const child_ptr& x);
  void remove(const std::string& id);
  size_t child_count() const;
  /// In order of their addition, at most `limit`.
  std::vector<child_ptr> children(size_t limit) const;

private:
  // First, and so in one cache line: what each message writes.
  std::atomic<uint64_t> enqueued_{0};
  std::atomic<uint64_t> taken_{0};
  std::atomic<int64_t> progress_{0}; ///< monotonic [ms]
  const std::string id_;
  const restart policy_;
  std::atomic<child_state> state_{child_state::starting};
  std::atomic<uint64_t> restarts_{0};
  std::atomic<int64_t> since_{0}; ///< monotonic [ms]
  mutable std::mutex mutex_;      // guards all below
  caf::actor incarnation_;
  caf::message kept_;
  std::optional<crash> crash_;
  std::string noted_text_;
  std::string noted_type_;
  std::optional<strategy> strategy_;
  uint64_t next_child_ = 0;
  std::map<uint64_t, child_ptr> order_;
  std::map<std::string, uint64_t, std::less<>> places_;
};

/// How to start a child, and how to stop it.
struct child_spec {
  child_ptr record;
  /// Spawns an incarnation with the record; runs on the supervisor. May throw.
  std::function<caf::actor(caf::actor_system&, const child_ptr&)> start;
  std::chrono::milliseconds shutdown{1000}; ///< grace, then a kill
};

} // namespace callboard
