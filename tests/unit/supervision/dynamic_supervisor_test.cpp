#define CAF_SUITE dynamic_supervisor
#include "supervision/dynamic_supervisor.hpp"

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

using crash_atom = caf::atom_constant<caf::atom("crash")>;
using leave_atom = caf::atom_constant<caf::atom("leave")>;
using kept_atom = caf::atom_constant<caf::atom("kept")>;

class worker : public caf::event_based_actor {
public:
  worker(caf::actor_config& cfg, child_ptr me)
      : caf::event_based_actor(cfg), me_(std::move(me)) {}

  caf::behavior make_behavior() override {
    return {
        [](crash_atom) -> int { throw std::runtime_error{"boom"}; },
        [this](leave_atom) { quit(); },
        [this](kept_atom) {
          auto n = me_->kept().empty() ? 0 : me_->kept().get_as<int>(0);
          me_->keep(caf::make_message(n + 1));
          return n;
        },
    };
  }

private:
  child_ptr me_;
};

start_child spec_of(std::string id, restart policy = restart::temporary) {
  start_child out;
  out.id = std::move(id);
  out.policy = policy;
  out.start = [](caf::actor_system& sys, const child_ptr& me) {
    return spawn_supervised<worker>(sys, me, nullptr, me);
  };
  return out;
}

struct fixture : test_coordinator_fixture<> {
  fixture() {
    dynamic_supervisor_options options;
    options.max_retained = 3;
    options.max_children = 200'000;
    aut = start_dynamic_supervisor(sys, me, options);
    consume_messages();
  }

  ~fixture() override {
    anon_send_exit(aut, caf::exit_reason::user_shutdown);
    consume_messages();
    advance_time(2s);
    consume_messages();
  }

  caf::actor start(start_child spec) {
    auto answer = self->request(aut, caf::infinite, std::move(spec));
    consume_messages();
    caf::actor out;
    answer.receive([&](const caf::actor& x) { out = x; },
                   [](const caf::error&) {});
    return out;
  }

  int kept(const caf::actor& x) {
    auto answer = self->request(x, caf::infinite, kept_atom::value);
    consume_messages();
    int out = -1;
    answer.receive([&](int n) { out = n; }, [](const caf::error&) {});
    return out;
  }

  template <class Atom>
  void tell(const caf::actor& x, Atom verb) {
    anon_send(x, verb);
    consume_messages();
  }

  child_ptr me = std::make_shared<child>("dynamic", restart::permanent);
  child_ptr other = std::make_shared<child>("other", restart::permanent);
  caf::actor aut;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(dynamic_supervisor_tests, fixture)

CAF_TEST(the same id is the same child while it runs) {
  auto a = start(spec_of("a"));
  CAF_REQUIRE(a);
  CAF_CHECK(start(spec_of("a")) == a);
  CAF_CHECK(start(spec_of("b")) != a);
  CAF_CHECK_EQUAL(me->child_count(), 2u);
}

CAF_TEST(a child that leaves is forgotten with its state) {
  auto a = start(spec_of("a"));
  CAF_CHECK_EQUAL(kept(a), 0);
  tell(a, leave_atom::value);
  CAF_CHECK_EQUAL(me->child_count(), 0u);
  CAF_CHECK_EQUAL(kept(start(spec_of("a"))), 0);
}

CAF_TEST(a temporary child that crashed hands its state to the next of its id) {
  auto a = start(spec_of("a"));
  kept(a);
  kept(a);
  tell(a, crash_atom::value);
  CAF_CHECK_EQUAL(me->child_count(), 1u); // its crash record can be read
  auto again = start(spec_of("a"));
  CAF_REQUIRE(again);
  CAF_CHECK_EQUAL(kept(again), 2);
  CAF_CHECK(me->children(1)[0]->last_crash()->reason.find("boom")
            != std::string::npos);
  CAF_CHECK_EQUAL(me->children(1)[0]->restarts(), 1u);
}

CAF_TEST(what a temporary child was started with is its own alone) {
  auto given = std::make_shared<int>(1);
  std::weak_ptr<int> left = given;
  auto spec = spec_of("a");
  spec.start = [given, begin = spec.start](auto& system, auto& record) {
    return begin(system, record);
  };
  given = nullptr;
  CAF_REQUIRE(start(std::move(spec)));
  CAF_CHECK(left.expired());
}

CAF_TEST(only so many crashed ones are remembered) {
  for (auto id : {"a", "b", "c", "d", "e"})
    tell(start(spec_of(id)), crash_atom::value);
  CAF_CHECK_EQUAL(me->child_count(), 3u);
}

CAF_TEST(what children had kept outlives a killed supervisor) {
  auto a = start(spec_of("a"));
  CAF_CHECK_EQUAL(kept(a), 0);
  std::weak_ptr<child> forgotten;
  {
    auto silent = start(spec_of("b")); // has kept nothing
    for (auto& x : me->children(10))
      if (x->id() == "b")
        forgotten = x;
  }
  anon_send_exit(aut, caf::exit_reason::kill);
  consume_messages();
  aut = start_dynamic_supervisor(sys, me, {});
  consume_messages();
  CAF_CHECK_EQUAL(me->child_count(), 1u);
  CAF_CHECK(forgotten.expired());
  auto again = start(spec_of("a"));
  CAF_CHECK(again != a);
  CAF_CHECK_EQUAL(kept(again), 1);
}

CAF_TEST(a permanent child comes back by itself) {
  auto a = start(spec_of("a", restart::permanent));
  tell(a, crash_atom::value);
  CAF_CHECK(!me->children(1)[0]->get());
  advance_time(50ms);
  consume_messages();
  CAF_CHECK(me->children(1)[0]->get());
}

CAF_TEST(a stopped child is gone) {
  auto a = start(spec_of("a"));
  self->send(aut, stop_child{"a"});
  consume_messages();
  CAF_CHECK_EQUAL(me->child_count(), 0u);
}

CAF_TEST(a hundred thousand children start and stop) {
  for (int i = 0; i < 100'000; ++i) {
    anon_send(aut, spec_of(std::to_string(i)));
    if (i % 1000 == 0)
      consume_messages();
  }
  consume_messages();
  CAF_CHECK_EQUAL(me->child_count(), 100'000u);
  auto a = start(spec_of("99999"));
  CAF_CHECK_EQUAL(me->child_count(), 100'000u);
  anon_send_exit(aut, caf::exit_reason::user_shutdown);
  consume_messages();
  CAF_CHECK_EQUAL(me->child_count(), 0u);
}

CAF_TEST(there is room for so many children and no more) {
  dynamic_supervisor_options options;
  options.max_children = 2;
  auto small = start_dynamic_supervisor(sys, other, options);
  std::swap(aut, small);
  CAF_CHECK(start(spec_of("a")));
  CAF_CHECK(start(spec_of("b")));
  CAF_CHECK(!start(spec_of("c")));
  CAF_CHECK(start(spec_of("a"))); // it is there
  anon_send_exit(other->children(1).front()->get(), caf::exit_reason::kill);
  consume_messages();
  CAF_CHECK(start(spec_of("c"))); // one that crashed takes no room
  std::swap(aut, small);
  anon_send_exit(small, caf::exit_reason::user_shutdown);
  consume_messages();
}

CAF_TEST(a child that lived well after its crashes is back soon) {
  auto back = [&](std::chrono::milliseconds after) {
    anon_send(start(spec_of("p", restart::permanent)), crash_atom::value);
    consume_messages();
    advance_time(after - 1ms);
    consume_messages();
    CAF_CHECK(!start(spec_of("p", restart::permanent)));
    advance_time(1ms);
    consume_messages();
    CAF_CHECK(start(spec_of("p", restart::permanent)));
  };
  back(50ms);
  back(100ms);
  advance_time(6s);
  consume_messages();
  back(50ms);
}

CAF_TEST_FIXTURE_SCOPE_END()
