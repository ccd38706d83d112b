#define CAF_SUITE root_watch
#include "protocols/supervised.hpp"
#include "supervision/root_watch.hpp"
#include "supervision/supervisor.hpp"

#include <caf/test/dsl.hpp>

#include <atomic>
#include <csignal>

using namespace callboard;

namespace {

std::atomic<int> signals{0};

void count_signal(int) { ++signals; }

class idle : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    return {[](caf::unit_t) {}};
  }
};

/// A root with one child that may not fail even once.
struct fixture : test_coordinator_fixture<> {
  fixture() {
    signals.store(0);
    before = std::signal(SIGTERM, count_signal);
    child_spec only;
    only.record = leaf;
    only.start = [](caf::actor_system& x, const child_ptr& me) {
      return spawn_supervised<idle>(x, me, nullptr);
    };
    supervisor_options never;
    never.max_restarts = 0;
    root = start_supervisor(sys, place, never, {only});
    watcher = sys.spawn(watch_root, root, watch);
    consume_messages();
  }

  ~fixture() override {
    caf::anon_send_exit(root, caf::exit_reason::kill);
    consume_messages();
    std::signal(SIGTERM, before);
  }

  child_ptr place = std::make_shared<child>("root", restart::permanent);
  child_ptr leaf = std::make_shared<child>("leaf", restart::permanent);
  std::shared_ptr<root_watch> watch = std::make_shared<root_watch>();
  caf::actor root;
  caf::actor watcher;
  void (*before)(int) = nullptr;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(root_watch_tests, fixture)

CAF_TEST(a root that gives up ends the process with a failure) {
  CAF_CHECK_EQUAL(signals.load(), 0);
  caf::anon_send_exit(leaf->get(), caf::exit_reason::kill);
  consume_messages();
  CAF_CHECK(watch->gave_up.load());
  CAF_CHECK_EQUAL(signals.load(), 1);
}

CAF_TEST(an end that was asked for is none of its business) {
  watch->expected.store(true);
  caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  consume_messages();
  CAF_CHECK(!watch->gave_up.load());
  CAF_CHECK_EQUAL(signals.load(), 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
