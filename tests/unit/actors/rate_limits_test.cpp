#define CAF_SUITE rate_limits
#include "actors/rate_limits.hpp"
#include "protocols/error.hpp"
#include "protocols/system_config.hpp"
#include "supervision/dynamic_supervisor.hpp"

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

struct fixture : test_coordinator_fixture<system_config> {
  fixture() {
    buckets->started(start_dynamic_supervisor(sys, buckets), false);
    settings.buckets["standard"] = {100, 0, 20};
    settings.max_keys = 3;
    settings.supervisor
        = [this] { return buckets->as<dynamic_supervisor_actor>(); };
    settings.running = [this] { return buckets->children(100); };
    start();
  }

  void start() {
    aut = sys.spawn(rate_limits, settings);
    consume_messages();
  }

  ~fixture() override {
    anon_send_exit(aut, caf::exit_reason::kill);
    anon_send_exit(buckets->get(), caf::exit_reason::user_shutdown);
    consume_messages();
    buckets->ended(child_state::stopped);
  }

  caf::expected<quota> spend(const char* client) {
    auto answer = self->request(aut, caf::infinite, atom::take_v,
                                bucket_key{"standard", client});
    consume_messages();
    caf::expected<quota> out{caf::error{}};
    answer.receive([&](const quota& x) { out = x; },
                   [&](caf::error& x) { out = std::move(x); });
    return out;
  }

  /// What is left, or -1.
  int64_t left(const char* client) {
    auto answer = spend(client);
    return answer ? answer->remaining : -1;
  }

  caf::actor bucket() { return buckets->children(1).front()->get(); }

  rate_limit_settings settings;
  child_ptr buckets = std::make_shared<child>("buckets", restart::permanent);
  rate_limits_actor aut;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(rate_limits_tests, fixture)

CAF_TEST(each client has a bucket of its own) {
  CAF_CHECK_EQUAL(left("a"), 99);
  CAF_CHECK_EQUAL(left("a"), 98);
  CAF_CHECK_EQUAL(left("b"), 99);
  CAF_CHECK_EQUAL(buckets->child_count(), 2u);
}

CAF_TEST(a bucket killed at request 99 still refuses request 101) {
  for (int i = 1; i <= 99; ++i)
    CAF_REQUIRE(spend("a")->allowed);
  anon_send_exit(bucket(), caf::exit_reason::kill);
  consume_messages();
  auto hundredth = spend("a");
  CAF_REQUIRE(hundredth);
  CAF_CHECK(hundredth->allowed);
  CAF_CHECK_EQUAL(hundredth->remaining, 0);
  CAF_CHECK(!spend("a")->allowed);
}

CAF_TEST(a router killed at request 99 still refuses request 101) {
  for (int i = 1; i <= 99; ++i)
    CAF_REQUIRE(spend("a")->allowed);
  anon_send_exit(aut, caf::exit_reason::kill);
  consume_messages();
  start();
  CAF_CHECK_EQUAL(left("a"), 0);
  CAF_CHECK(!spend("a")->allowed);
  CAF_CHECK_EQUAL(left("b"), 99);
  CAF_CHECK_EQUAL(buckets->child_count(), 2u); // and the old one is known
}

CAF_TEST(an address that never returns costs nothing after a while) {
  spend("a");
  for (int i = 0; i < 8; ++i) {
    advance_time(10s);
    consume_messages();
  }
  CAF_CHECK_EQUAL(buckets->child_count(), 0u);
  CAF_CHECK_EQUAL(left("a"), 99);
}

CAF_TEST(there are only so many clients) {
  for (auto who : {"a", "b", "c"})
    CAF_CHECK(spend(who));
  auto refused = spend("d");
  CAF_REQUIRE(!refused);
  CAF_CHECK(classify(refused.error()) == errc::unavailable);
  CAF_CHECK(spend("a"));
  advance_time(rate_window_length + 1s); // room as soon as a window is over
  CAF_CHECK(spend("d"));
}

CAF_TEST_FIXTURE_SCOPE_END()
