#define CAF_SUITE supervisor
#include "protocols/supervised.hpp"
#include "supervision/dynamic_supervisor.hpp"
#include "supervision/supervisor.hpp"

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

#include <future>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

using crash_atom = caf::atom_constant<caf::atom("crash")>;
using leave_atom = caf::atom_constant<caf::atom("leave")>;

/// What happened, in order: `+a` started, `-a` ended.
std::string history;

class worker : public caf::event_based_actor {
public:
  worker(caf::actor_config& cfg, std::string id, bool stubborn)
      : caf::event_based_actor(cfg), id_(std::move(id)) {
    if (stubborn)
      set_exit_handler([](caf::exit_msg&) { /* only a kill ends it */ });
    history += '+' + id_;
  }

  caf::behavior make_behavior() override {
    return {
        [](crash_atom, const std::string& secret) -> int {
          throw std::runtime_error{"boom " + std::to_string(secret.size())};
        },
        [this](leave_atom) { quit(); },
    };
  }

  void on_exit() override { history += '-' + id_; }

private:
  std::string id_;
};

child_spec spec_of(const std::string& id, restart policy = restart::permanent,
                   bool stubborn = false) {
  child_spec out;
  out.record = std::make_shared<child>(id, policy);
  out.start = [id, stubborn](caf::actor_system& sys, const child_ptr& me) {
    return spawn_supervised<worker>(sys, me, nullptr, id, stubborn);
  };
  return out;
}

struct fixture : test_coordinator_fixture<> {
  fixture() { history.clear(); }

  ~fixture() override {
    if (root)
      anon_send_exit(root, caf::exit_reason::kill);
    consume_messages();
    for (auto& x : kids)
      if (auto handle = x->get())
        anon_send_exit(handle, caf::exit_reason::kill);
    consume_messages();
  }

  void run(supervisor_options options, std::vector<child_spec> specs) {
    for (auto& x : specs)
      kids.push_back(x.record);
    root = start_supervisor(sys, me, options, std::move(specs));
    self->monitor(root);
    consume_messages();
    history.clear();
  }

  void crash(size_t i) {
    anon_send(kids[i]->get(), crash_atom::value, std::string{"secret"});
    consume_messages();
  }

  void pass(std::chrono::milliseconds d) {
    advance_time(d);
    consume_messages();
  }

  /// Why the root ended; nothing while it lives.
  std::string root_ended() {
    std::string out;
    self->receive([&](caf::down_msg& x) { out = caf::to_string(x.reason); },
                  caf::after(0ms) >> [] {});
    if (!out.empty())
      root = nullptr;
    return out;
  }

  child_ptr me = std::make_shared<child>("root", restart::permanent);
  caf::actor root;
  std::vector<child_ptr> kids;
};

supervisor_options how(strategy x) {
  supervisor_options out;
  out.how = x;
  return out;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(supervisor_tests, fixture)

CAF_TEST(one for one restarts the failed child alone after its back off) {
  run(how(strategy::one_for_one), {spec_of("a"), spec_of("b"), spec_of("c")});
  auto before = kids[0]->get();
  crash(1);
  CAF_CHECK_EQUAL(history, "-b");
  CAF_CHECK(kids[1]->state() == child_state::restarting);
  CAF_CHECK(!kids[1]->get());
  pass(49ms);
  CAF_CHECK_EQUAL(history, "-b");
  pass(1ms);
  CAF_CHECK_EQUAL(history, "-b+b");
  CAF_CHECK_EQUAL(kids[1]->restarts(), 1u);
  CAF_CHECK(kids[0]->get() == before);
}

CAF_TEST(one for all stops the others in reverse order and starts all in order) {
  run(how(strategy::one_for_all), {spec_of("a"), spec_of("b"), spec_of("c")});
  crash(1);
  CAF_CHECK_EQUAL(history, "-b-c-a");
  pass(50ms);
  CAF_CHECK_EQUAL(history, "-b-c-a+a+b+c");
}

CAF_TEST(rest for one takes the later children along) {
  run(how(strategy::rest_for_one),
      {spec_of("a"), spec_of("b"), spec_of("c"), spec_of("d")});
  crash(1);
  CAF_CHECK_EQUAL(history, "-b-d-c");
  pass(50ms);
  CAF_CHECK_EQUAL(history, "-b-d-c+b+c+d");
}

CAF_TEST(a second failure during a stop forgets nobody) {
  run(how(strategy::rest_for_one),
      {spec_of("a"), spec_of("b"), spec_of("c"), spec_of("d"),
       spec_of("e", restart::permanent, true)});
  crash(1); // e has to be killed, c and d wait for its end
  CAF_CHECK_EQUAL(history, "-b");
  crash(3);
  CAF_CHECK_EQUAL(history, "-b-d");
  pass(1s);
  CAF_CHECK_EQUAL(history, "-b-d-e-c");
  pass(100ms);
  CAF_CHECK_EQUAL(history, "-b-d-e-c+b+c+d+e");
}

CAF_TEST(a temporary child that was stopped with the others stays away) {
  for (auto strategy : {strategy::one_for_all, strategy::rest_for_one}) {
    run(how(strategy), {spec_of("a"), spec_of("t", restart::temporary),
                        spec_of("c", restart::transient)});
    crash(0);
    pass(50ms);
    CAF_CHECK_EQUAL(history, "-a-c-t+a+c");
    anon_send_exit(root, caf::exit_reason::kill);
    consume_messages();
    root_ended();
    kids.clear();
    me = std::make_shared<child>("root", restart::permanent);
  }
}

CAF_TEST(a transient child is restarted after a crash but may leave) {
  run({}, {spec_of("a", restart::transient), spec_of("b")});
  anon_send(kids[0]->get(), leave_atom::value);
  consume_messages();
  pass(10s);
  CAF_CHECK_EQUAL(history, "-a");
  CAF_CHECK(kids[0]->state() == child_state::stopped);
  anon_send(kids[1]->get(), leave_atom::value); // permanent: comes back
  consume_messages();
  pass(50ms);
  CAF_CHECK_EQUAL(history, "-a-b+b");
}

CAF_TEST(a temporary child is never restarted) {
  run({}, {spec_of("a", restart::temporary)});
  crash(0);
  pass(10s);
  CAF_CHECK_EQUAL(history, "-a");
  CAF_CHECK(kids[0]->state() == child_state::failed);
}

CAF_TEST(the crash record names reason and message type but no values) {
  run({}, {spec_of("a")});
  crash(0);
  pass(50ms);
  auto why = kids[0]->last_crash();
  CAF_REQUIRE(why);
  CAF_CHECK(why->reason.find("boom 6") != std::string::npos);
  CAF_CHECK(why->message_type.find("crash") != std::string::npos);
  CAF_CHECK(why->message_type.find("secret") == std::string::npos);
  CAF_CHECK_EQUAL(why->restarts, 0u);
  CAF_CHECK(kids[0]->state()
            == child_state::running); // it survived the restart
}

CAF_TEST(a child killed from outside is restarted and its siblings live on) {
  run({}, {spec_of("a"), spec_of("b")});
  anon_send_exit(kids[0]->get(), caf::exit_reason::kill);
  consume_messages();
  pass(50ms);
  CAF_CHECK_EQUAL(history, "-a+a");
}

CAF_TEST(
    the back off doubles and the fourth failure in the window is too much) {
  run({}, {spec_of("a"), spec_of("b")});
  crash(0);
  pass(50ms);
  crash(0);
  pass(99ms);
  CAF_CHECK_EQUAL(history, "-a+a-a");
  pass(1ms);
  crash(0);
  pass(200ms);
  CAF_CHECK_EQUAL(history, "-a+a-a+a-a+a");
  CAF_CHECK_EQUAL(root_ended(), "");
  crash(0);
  CAF_CHECK_EQUAL(history, "-a+a-a+a-a+a-a-b");
  auto why = root_ended();
  CAF_CHECK(why.find("runtime_error") != std::string::npos);
}

CAF_TEST(failures further apart than the window never add up) {
  run({}, {spec_of("a")});
  for (int i = 0; i < 10; ++i) {
    crash(0);
    pass(5100ms);
  }
  CAF_CHECK_EQUAL(root_ended(), "");
  CAF_CHECK_EQUAL(kids[0]->restarts(), 10u);
}

CAF_TEST(a start that throws counts as a failure and is tried again) {
  auto spec = spec_of("a");
  auto good = spec.start;
  auto left = std::make_shared<int>(2);
  spec.start = [=](caf::actor_system& s, const child_ptr& x) {
    if ((*left)-- > 0)
      throw std::runtime_error{"not yet"};
    return good(s, x);
  };
  run({}, {spec});
  CAF_CHECK(kids[0]->last_crash()->reason.find("not yet") != std::string::npos);
  pass(50ms);
  pass(100ms);
  CAF_CHECK_EQUAL(history, "+a");
}

CAF_TEST(a child that dies at its start is a failure of the same kind) {
  auto spec = spec_of("a");
  auto count = std::make_shared<int>(0);
  spec.start = [=](caf::actor_system& s, const child_ptr& x) {
    ++*count;
    auto handle = spawn_supervised<worker>(s, x, nullptr, "a", false);
    anon_send_exit(handle, caf::exit_reason::kill);
    return handle;
  };
  run({}, {spec});
  pass(50ms);
  pass(100ms);
  pass(200ms);
  CAF_CHECK_EQUAL(*count, 4);
  CAF_CHECK(root_ended().find("runtime_error") != std::string::npos);
}

CAF_TEST(a stop is in reverse order one child at a time with grace then kill) {
  run({}, {spec_of("a"), spec_of("b", restart::permanent, true), spec_of("c")});
  anon_send_exit(root, caf::exit_reason::user_shutdown);
  consume_messages();
  CAF_CHECK_EQUAL(history, "-c"); // b ignores its exit, a has to wait
  pass(999ms);
  CAF_CHECK_EQUAL(history, "-c");
  pass(1ms);
  CAF_CHECK_EQUAL(history, "-c-b-a");
  CAF_CHECK(root_ended().find("user_shutdown") != std::string::npos);
}

CAF_TEST(a child that does not even end when killed is given up and named) {
  std::promise<void> release;
  auto spec = spec_of("a");
  spec.start = [done = release.get_future().share()](caf::actor_system& s,
                                                     const child_ptr&) {
    return s.spawn<caf::detached>([done](caf::event_based_actor*) {
      return caf::behavior{[done](int) { done.wait(); }};
    });
  };
  run({}, {spec_of("b"), spec});
  auto stuck = kids[1]->get();
  anon_send(stuck, 1);
  anon_send_exit(root, caf::exit_reason::user_shutdown);
  consume_messages();
  pass(1s); // its grace: a kill
  CAF_CHECK_EQUAL(root_ended(), "");
  pass(1s); // another grace: enough
  CAF_CHECK(kids[1]->state() == child_state::abandoned);
  CAF_CHECK_EQUAL(history, "-b");
  CAF_CHECK(!root_ended().empty());
  release.set_value();
}

CAF_TEST(a restart that waits does not outlive a stop) {
  run({}, {spec_of("a"), spec_of("b")});
  crash(0);
  anon_send_exit(root, caf::exit_reason::user_shutdown);
  consume_messages();
  pass(10s);
  CAF_CHECK_EQUAL(history, "-a-b");
  CAF_CHECK(!root_ended().empty());
}

CAF_TEST(a killed supervisor leaves no orphans) {
  run({}, {spec_of("a"), spec_of("b")});
  anon_send_exit(root, caf::exit_reason::kill);
  consume_messages();
  CAF_CHECK_EQUAL(history, "-a-b");
  CAF_CHECK(!root_ended().empty());
}

CAF_TEST(a child that ends late leaves the place to its successor) {
  auto leaf = spec_of("a", restart::permanent, true);
  kids.push_back(leaf.record);
  auto above = [](const char* id, const child_spec& below) {
    child_spec out;
    out.record = std::make_shared<child>(id, restart::permanent);
    out.start = [below](caf::actor_system& s, const child_ptr& x) {
      return start_supervisor(s, x, {}, {below});
    };
    return out;
  };
  auto outer = above("outer", above("inner", leaf));
  run({}, {outer});
  kids.erase(kids.begin() + 1);
  anon_send_exit(outer.record->get(), caf::exit_reason::kill);
  consume_messages();
  pass(50ms); // all three are back, the old leaf has yet to be killed
  auto successor = leaf.record->get();
  CAF_REQUIRE(successor);
  pass(1s);
  CAF_CHECK_EQUAL(history, "+a-a");
  CAF_CHECK(leaf.record->get() == successor);
  CAF_CHECK(leaf.record->state() == child_state::running);
}

CAF_TEST(
    a supervisor that gives up is restarted by its parent with its children) {
  auto inner = std::make_shared<child>("inner", restart::permanent);
  auto leaf = spec_of("a");
  kids.push_back(leaf.record);
  child_spec spec;
  spec.record = inner;
  spec.start = [leaf](caf::actor_system& s, const child_ptr& x) {
    supervisor_options none;
    none.max_restarts = 0;
    return start_supervisor(s, x, none, {leaf});
  };
  run({}, {spec});
  kids.erase(kids.begin() + 1);
  crash(0);
  pass(50ms);
  CAF_CHECK_EQUAL(history, "-a+a");
  CAF_CHECK_EQUAL(inner->restarts(), 1u);
  CAF_CHECK_EQUAL(inner->child_count(), 1u);
}

CAF_TEST(without back off a hundred crashes are repaired at once) {
  supervisor_options options;
  options.backoff_min = 0ms;
  options.max_restarts = 100;
  run(options, {spec_of("a")});
  for (int i = 0; i < 100; ++i)
    crash(0);
  CAF_CHECK_EQUAL(kids[0]->restarts(), 100u);
  CAF_CHECK(kids[0]->state() == child_state::running);
}

CAF_TEST(what a child kept is there for its next incarnation) {
  run({}, {spec_of("a")});
  kids[0]->keep(caf::make_message(42));
  crash(0);
  pass(50ms);
  CAF_CHECK_EQUAL(kids[0]->kept().get_as<int>(0), 42);
}

CAF_TEST(messages and backlog are counted) {
  run({}, {spec_of("a", restart::temporary)});
  auto handled = kids[0]->messages();
  anon_send(kids[0]->get(), leave_atom::value);
  CAF_CHECK_EQUAL(kids[0]->backlog(), 1u);
  consume_messages();
  CAF_CHECK_EQUAL(kids[0]->messages(), handled + 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
