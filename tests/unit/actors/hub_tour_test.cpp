#define CAF_SUITE hub_tour
#include "tests/support/hub_scene.hpp"

using namespace callboard;
using namespace callboard::test;

CAF_TEST_FIXTURE_SCOPE(hub_tour_tests, hub_scene)

CAF_TEST(a crowd is told some at a time and others have their turn between) {
  start();
  auto all = crowd(200);
  send({event_for("1", 1)});
  sched.run_once();                        // the hub
  CAF_CHECK_EQUAL(sched.jobs.size(), 65u); // of 64 sessions, and its pacer
  consume_messages();
  for (auto* x : all)
    CAF_CHECK(x->events == positions{1});
}

CAF_TEST(what comes while a crowd is told goes to all together) {
  start();
  auto all = crowd(200);
  send({event_for("1", 1)});
  sched.run_once();
  send({event_for("1", 2)});
  send({event_for("2", 3)});
  deliver({event_for("everyone", 4)});
  for (auto* x : all) {
    CAF_CHECK(x->events == positions({1, 2, 4}));
    CAF_CHECK_EQUAL(x->messages, 2);
  }
}

CAF_TEST(no sweep names what a crowd has yet to hear) {
  start();
  auto all = crowd(200);
  send({event_for("1", 1)});
  sched.run_once();
  send({event_for("1", 2)});
  for (int i = 0; i < 5; ++i)
    anon_send(hub_now, atom::sweep_v);
  consume_messages();
  for (auto* x : all) {
    CAF_CHECK_EQUAL(x->sweeps, 1);
    CAF_CHECK(!x->swept_ahead);
    CAF_CHECK(x->events == positions({1, 2}));
  }
}

CAF_TEST(those who stay are told whoever comes and goes meanwhile) {
  for (size_t steps : {1u, 70u, 140u, 190u}) {
    CAF_MESSAGE("after " << steps << " steps");
    start();
    auto first = sessions.size();
    auto all = crowd(200);
    send({event_for("1", 1)});
    for (size_t i = 0; i < steps; ++i)
      sched.run_once();
    for (size_t i = first; i < first + 200; i += 3)
      anon_send_exit(sessions[i], caf::exit_reason::kill);
    auto& late = session();
    ask_to_join(sessions.size() - 1, {1, false, session_kind::main, {}})
        .receive(
            [](const stream_position& at) { CAF_CHECK_EQUAL(at.position, 1); },
            [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
    for (size_t i = 0; i < 200; ++i)
      if (i % 3 != 0)
        CAF_CHECK(!all[i]->events.empty() && all[i]->events.front() == 1);
    deliver({event_for("1", 2)});
    CAF_CHECK_EQUAL(late.events.back(), 2);
    stop();
    record = std::make_shared<child>("hub", restart::permanent);
  }
}

CAF_TEST(sessions look when the hub crashes while it tells them) {
  start();
  auto all = crowd(200);
  send({event_for("1", 1)});
  sched.run_once();
  stop();
  place.position = 1;
  start();
  for (auto* x : all)
    CAF_CHECK(x->replays == positions{1});
}

CAF_TEST_FIXTURE_SCOPE_END()
