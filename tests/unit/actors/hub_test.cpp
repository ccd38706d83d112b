#define CAF_SUITE hub
#include "tests/support/hub_scene.hpp"

#include <algorithm>
#include <array>

using namespace callboard;
using namespace callboard::test;

CAF_TEST_FIXTURE_SCOPE(hub_tests, hub_scene)

CAF_TEST(each hears what is for it in one message) {
  start();
  auto& one = joined(1);
  auto& again = joined(1);
  auto& two = joined(2);
  auto& admin = joined(3, true);
  auto& nobody = joined(0);
  deliver({event_for("1", 1), event_for("everyone", 2), event_for("admins", 3),
           event_for("2", 4), event_for("9", 5)});
  CAF_CHECK(one.events == positions({1, 2}));
  CAF_CHECK(again.events == positions({1, 2}));
  CAF_CHECK(two.events == positions({2, 4}));
  CAF_CHECK(admin.events == positions({1, 2, 3, 4, 5}));
  CAF_CHECK(nobody.events == positions({2}));
  CAF_CHECK_EQUAL(one.messages, 1);
  deliver({event_for("1", 6)});
  CAF_CHECK_EQUAL(one.messages, 2);
  CAF_CHECK_EQUAL(two.messages, 1); // nothing was said to it
}

CAF_TEST(what takes rights away goes to its user and admins) {
  start();
  auto& one = joined(1);
  auto& two = joined(2);
  auto& admin = joined(3, true);
  deliver({revoked(1, 1)});
  CAF_CHECK(one.events == positions({1}));
  CAF_CHECK(two.events.empty());
  CAF_CHECK(admin.events == positions({1}));
}

CAF_TEST(who joins again is someone else from now on) {
  start();
  auto& one = joined(0);
  ask_to_join(0, {1, true, session_kind::main, {}})
      .receive([](const stream_position&) {},
               [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
  deliver({event_for("everyone", 1), event_for("admins", 2)});
  CAF_CHECK(one.events == positions({1, 2}));
  CAF_CHECK_EQUAL(one.messages, 1);
}

CAF_TEST(a session that ended is forgotten) {
  start();
  auto& one = joined(1);
  auto& two = joined(2);
  anon_send_exit(sessions[0], caf::exit_reason::kill);
  consume_messages();
  auto kept = record->kept().get_as<hub_registry_ptr>(0);
  CAF_CHECK_EQUAL(kept->sessions.size(), 1u);
  deliver({event_for("everyone", 1)});
  CAF_CHECK(one.events.empty());
  CAF_CHECK(two.events == positions({1}));
}

CAF_TEST(those who stay hear and are swept whoever goes beside them) {
  start();
  std::vector<heard*> all;
  for (int i = 0; i < 14; ++i)
    all.push_back(&joined(1, i % 2 == 1));
  std::vector<size_t> gone{0, 13, 5, 12, 2}; // first, last and between
  for (auto i : gone) {
    anon_send_exit(sessions[i], caf::exit_reason::kill);
    consume_messages();
  }
  deliver({event_for("1", 1)});
  pass(5000ms);
  for (size_t i = 0; i < all.size(); ++i) {
    auto left = std::find(gone.begin(), gone.end(), i) != gone.end();
    CAF_CHECK(all[i]->events == (left ? positions{} : positions{1}));
    CAF_CHECK_EQUAL(all[i]->sweeps, left ? 0 : 1);
  }
}

CAF_TEST(who joins before the feed has answered waits for it) {
  place.held = true;
  place.position = 7;
  start();
  session();
  auto answer = ask_to_join(0, {1, false, session_kind::main, {}});
  anon_send(feed, answer_atom::value);
  consume_messages();
  answer.receive(
      [](const stream_position& x) { CAF_CHECK_EQUAL(x.position, 7); },
      [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
}

CAF_TEST(who waits when the hub crashes is told so) {
  place.held = true;
  start();
  session();
  auto answer = ask_to_join(0, {1, false, session_kind::main, {}});
  stop();
  bool failed = false;
  answer.receive([](const stream_position&) {},
                 [&](caf::error&) { failed = true; });
  CAF_CHECK(failed);
}

CAF_TEST(the next incarnation knows the sessions and has them look) {
  start();
  auto& one = joined(1);
  deliver({event_for("1", 1)});
  stop();
  place.position = 4;
  start();
  CAF_CHECK(one.replays == positions({4}));
  deliver({event_for("1", 5)});
  CAF_CHECK(one.events == positions({1, 5}));
  anon_send_exit(sessions[0], caf::exit_reason::kill);
  consume_messages();
  CAF_CHECK(record->kept().get_as<hub_registry_ptr>(0)->sessions.empty());
}

CAF_TEST(sessions look after a crash though the stream did not move) {
  start();
  auto& one = joined(1);
  stop(); // perhaps amid a delivery
  start();
  CAF_CHECK(one.replays == positions({0}));
}

CAF_TEST(it registers at the next feed and sessions look for what was missed) {
  start();
  auto& one = joined(1);
  deliver({event_for("1", 1)});
  auto old = feed;
  place.position = 3;
  feed = sys.spawn(feed_double, &place);
  anon_send_exit(old, caf::exit_reason::kill);
  consume_messages();
  pass(1000ms);
  CAF_CHECK_EQUAL(place.hubs.size(), 2u);
  CAF_CHECK(one.replays == positions({3}));
}

CAF_TEST(what was delivered already is not delivered again) {
  place.position = 5;
  start();
  auto& one = joined(1);
  deliver({event_for("1", 4), event_for("1", 5)});
  CAF_CHECK(one.events.empty());
  deliver({});
  deliver({event_for("1", 6)});
  deliver({event_for("1", 6)});
  CAF_CHECK(one.events == positions({6}));
}

CAF_TEST(each session is swept once in a round and told the position) {
  start();
  std::array<heard*, 7> all{};
  for (auto& x : all)
    x = &joined(1);
  deliver({event_for("9", 8)});
  pass(5000ms);
  for (auto* x : all) {
    CAF_CHECK_EQUAL(x->sweeps, 1);
    CAF_CHECK_EQUAL(x->swept_at, 8);
  }
}

CAF_TEST(short heartbeats are swept for often) {
  hub_settings x;
  set_heartbeat(x, 30s);
  CAF_CHECK_EQUAL(x.round.count(), 1000);
  CAF_CHECK_EQUAL(x.rounds, 5);
  set_heartbeat(x, 1s);
  CAF_CHECK_EQUAL(x.round.count(), 500);
  CAF_CHECK_EQUAL(x.rounds, 1);
  set_heartbeat(x, 1ms);
  CAF_CHECK_EQUAL(x.round.count(), 1);
  CAF_CHECK_EQUAL(x.rounds, 1);
  set_heartbeat(x, 4s);
  CAF_CHECK(x.round.count() * x.rounds <= 2000);
}

CAF_TEST_FIXTURE_SCOPE_END()
