// Children that come and go by the thousand (`dynamic_supervisor_actor`).
#pragma once

#include "protocols/supervised.hpp"

#include <deque>
#include <string>
#include <unordered_map>

namespace callboard {

struct dynamic_supervisor_options {
  /// Records of crashed temporary children that wait for their next
  /// incarnation [count]; the oldest are forgotten.
  size_t max_retained = 1000;
  size_t max_children = SIZE_MAX; ///< more are refused with `unavailable`
  /// Between the crash of a permanent or transient child and its restart;
  /// doubles with each crash in a row up to the maximum.
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{5000};
};

/// One restart policy per child, no intensity: children are independent, and a
/// crash of a temporary one is its own affair. Stops all at once. What children
/// of a killed incarnation had kept is there for the next of their id.
class dynamic_supervisor : public caf::event_based_actor {
public:
  dynamic_supervisor(caf::actor_config& cfg, child_ptr me,
                     dynamic_supervisor_options options);

  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "dynamic_supervisor"; }

private:
  struct kid {
    start_child spec;
    child_ptr record;
    caf::actor handle = nullptr;
    uint64_t incarnation = 0;
    uint64_t crashes = 0;                    ///< in a row
    caf::actor_clock::time_point since = {}; ///< its present incarnation
    bool stopping = false;
  };

  caf::result<caf::actor> start(start_child& spec);
  bool stop(const std::string& id);
  void spawn(kid& x);
  void down(const caf::down_msg& x);
  void crashed(kid& x);
  void adopt();
  void retain(const child_ptr& record);
  void forget(const std::string& id);
  void restart(const std::string& id, uint64_t incarnation);
  void kill(const std::string& id, uint64_t incarnation, bool killed);
  void end();

  child_ptr me_;
  dynamic_supervisor_options options_;
  std::unordered_map<std::string, kid> kids_;
  std::unordered_map<caf::actor_id, std::string> ids_; ///< of running ones
  std::unordered_map<std::string, child_ptr> retained_;
  std::deque<std::string> retained_order_;
  bool ending_ = false;
};

caf::actor start_dynamic_supervisor(caf::actor_system& sys, const child_ptr& me,
                                    dynamic_supervisor_options options = {});

} // namespace callboard
