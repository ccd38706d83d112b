#include "net/runtime.hpp"

#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <atomic>

namespace callboard::net {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

/// CAF's scheduler interface on the loops: no threads of its own but one for
/// CAF's timers.
class loop_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  using super = caf::scheduler::abstract_coordinator;

  loop_scheduler(caf::actor_system& sys, runtime& owner)
      : super(sys), owner_(owner) {}

  void enqueue(caf::resumable* job) override { unit_here()->exec_later(job); }

  caf::actor_clock& clock() noexcept override { return clock_; }

protected:
  void start() override {
    for (auto& loop : owner_.loops())
      loop->make_unit(system());
    num_workers_ = owner_.loops().size();
    timer_ = std::thread([this] { clock_.run_dispatch_loop(); });
    owner_.start();
    super::start();
  }

  void stop() override {
    end_printer();
    run_what_is_left();
    for (auto& loop : owner_.loops())
      if (!loop->running() || event_loop::current() == loop.get())
        loop->unit()->close();
    clock_.cancel_dispatch_loop();
    timer_.join();
  }

private:
  /// A sender on a loop keeps its receivers there; others take turns.
  loop_unit* unit_here() {
    auto* here = event_loop::current();
    for (auto& loop : owner_.loops())
      if (loop.get() == here)
        return loop->unit();
    return owner_.loops()[next_worker_++ % owner_.loops().size()]->unit();
  }

  /// CAF's own wait for its printer has no limit; a pipe that nobody reads
  /// would keep the process.
  void end_printer() {
    caf::scoped_actor self{system(), true};
    for (auto& x : utility_actors_) {
      self->monitor(x);
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
      self->receive([](const caf::down_msg&) {}, caf::after(2s) >> [] {});
    }
  }

  /// Loops that run finish by themselves; those that ended, or whose thread
  /// this is, are run from here. Gives up on jobs that go on for ever.
  void run_what_is_left() {
    auto end = steady_clock::now() + 2s;
    auto busy = [&] {
      bool any = false;
      for (auto& loop : owner_.loops()) {
        if (!loop->running() || event_loop::current() == loop.get())
          while (loop->unit()->run_jobs(64) && steady_clock::now() < end)
            ;
        any = any || !loop->unit()->idle();
      }
      return any;
    };
    while (busy() && steady_clock::now() < end)
      std::this_thread::sleep_for(100us); // nothing tells when another is done
  }

  runtime& owner_;
  caf::detail::thread_safe_actor_clock clock_;
  std::thread timer_;
};

} // namespace

runtime::runtime(runtime_options options) : options_(options) {
  for (size_t i = 0; i < options_.loops; ++i)
    loops_.push_back(std::make_unique<event_loop>(i));
}

runtime::~runtime() { stop(); }

void runtime::configure(caf::actor_system_config& cfg) {
  if (options_.sharing) {
    cfg.set("scheduler.policy", caf::atom("sharing"));
    cfg.set("scheduler.max-threads", options_.loops);
    // CAF's default lets a busy actor keep its thread for ever.
    cfg.set("scheduler.max-throughput", size_t{50});
    return;
  }
  cfg.module_factories.emplace_back(
      [this](caf::actor_system& sys) -> caf::actor_system::module* {
        return new loop_scheduler(sys, *this);
      });
}

void runtime::start() {
  for (auto& loop : loops_)
    if (!loop->running())
      loop->start();
}

std::vector<loop_gauge> runtime::gauges() const {
  std::vector<loop_gauge> out;
  for (auto& loop : loops_)
    out.push_back(loop->gauge());
  return out;
}

void runtime::stop() {
  for (auto& loop : loops_)
    loop->stop();
}

} // namespace callboard::net
