// Starts children in order, restarts the failed ones by its strategy, stops
// them in reverse order. Built on monitors: an actor that was told to exit does
// not report over a link, and a kill over one cannot be trapped.
#pragma once

#include "protocols/child.hpp"

#include <chrono>
#include <deque>
#include <string>
#include <vector>

namespace callboard {

struct supervisor_options {
  strategy how = strategy::one_for_one;
  /// More failures within the window, and the supervisor itself ends with an
  /// error: its parent decides.
  size_t max_restarts = 3;
  std::chrono::milliseconds window{5000};
  /// Doubles with each failure in the window; 0: no back-off.
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{5000};
};

class supervisor : public caf::event_based_actor {
public:
  using clock_point = caf::actor_clock::time_point;

  supervisor(caf::actor_config& cfg, child_ptr me, supervisor_options options,
             std::vector<child_spec> specs);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "supervisor"; }

private:
  struct kid {
    child_spec spec;
    caf::actor handle = nullptr;
    uint64_t incarnation = 0;
    bool wanted = true; ///< shall run
    bool stopping = false;
  };

  void start_missing();
  bool start(kid& x);
  void down(const caf::down_msg& x);
  void failed(size_t index, std::string reason);
  bool too_many_failures();
  void restart_later();
  void stop_from(size_t first, size_t spared);
  void stop_next();
  void escalate(size_t index, uint64_t incarnation, bool killed);
  void give_up(caf::error why);
  std::chrono::milliseconds backoff() const;

  child_ptr me_;
  supervisor_options options_;
  std::vector<kid> kids_;
  std::deque<clock_point> failures_;
  std::vector<size_t> to_stop_; ///< the next one is the last
  uint64_t epoch_ = 0;          ///< outdates restart timers
  bool ending_ = false;
  caf::error why_;
};

/// For the `start` of a supervisor's own spec.
caf::actor start_supervisor(caf::actor_system& sys, const child_ptr& me,
                            supervisor_options options,
                            std::vector<child_spec> specs);

} // namespace callboard
