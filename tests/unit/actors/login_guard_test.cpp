#define CAF_SUITE login_guard
#include "actors/login_guard.hpp"
#include "protocols/system_config.hpp"

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

struct fixture : test_coordinator_fixture<system_config> {
  fixture() { start(); }

  ~fixture() override {
    anon_send_exit(aut, caf::exit_reason::kill);
    consume_messages();
    place->keep({});
  }

  void start() {
    login_rules rules;
    rules.pair.free = 2;
    aut = sys.spawn(login_guard, place, rules);
    consume_messages();
  }

  quota take(const char* address) {
    quota out;
    auto answer = self->request(aut, caf::infinite, atom::take_v,
                                std::string{"ann"}, std::string{address});
    consume_messages();
    answer.receive([&](const quota& x) { out = x; },
                   [&](caf::error&) { CAF_FAIL("no answer"); });
    return out;
  }

  void report(const char* address, bool good) {
    anon_send(aut, atom::report_v, std::string{"ann"}, std::string{address},
              good);
    consume_messages();
  }

  child_ptr place = std::make_shared<child>("login_guard", restart::permanent);
  login_guard_actor aut;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(login_guard_tests, fixture)

CAF_TEST(who fails too often waits) {
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(take("a").allowed);
  auto refused = take("a");
  CAF_CHECK(!refused.allowed);
  CAF_CHECK_EQUAL(refused.retry_after, 1);
  CAF_CHECK(take("b").allowed);
  advance_time(1s);
  CAF_CHECK(take("a").allowed);
}

CAF_TEST(who succeeds begins anew) {
  for (int i = 0; i < 9; ++i) {
    CAF_CHECK(take("a").allowed);
    report("a", true);
  }
}

CAF_TEST(a guard that crashes forgets nothing) {
  for (int i = 0; i < 3; ++i)
    take("a");
  anon_send_exit(aut, caf::exit_reason::kill);
  consume_messages();
  start();
  CAF_CHECK(!take("a").allowed);
}

CAF_TEST_FIXTURE_SCOPE_END()
