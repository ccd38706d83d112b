// The event loops of the process, and the scheduler that runs CAF's actors on
// them.
#pragma once

#include "net/event_loop.hpp"

#include <caf/actor_system_config.hpp>

#include <memory>
#include <vector>

namespace callboard::net {

struct runtime_options {
  size_t loops = 1;
  /// CAF's own `sharing` scheduler runs the actors on as many threads; the
  /// loops carry sockets alone.
  bool sharing = false;
};

/// Life: make it, `configure` a config, make the actor system (which starts the
/// loops), use it, `stop`, end the system, end the runtime. Several can live in
/// one process. The system may also end while the loops still run; on a loop's
/// thread only with `await_actors_before_shutdown(false)`, for CAF's own wait
/// would keep its actors from running.
class runtime {
public:
  explicit runtime(runtime_options options);
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  void configure(caf::actor_system_config& cfg);

  /// Starts the threads; the scheduler does, or with `sharing` the caller.
  void start();

  /// Ends the threads of all loops; not from one of them.
  void stop();

  std::vector<std::unique_ptr<event_loop>>& loops() { return loops_; }
  event_loop& loop(size_t i) { return *loops_[i]; }
  /// How each of them is doing, in order. Any thread.
  std::vector<loop_gauge> gauges() const;
  bool sharing() const { return options_.sharing; }

private:
  runtime_options options_;
  std::vector<std::unique_ptr<event_loop>> loops_;
};

} // namespace callboard::net
