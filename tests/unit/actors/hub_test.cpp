#define CAF_SUITE hub
#include "actors/hub.hpp"
#include "protocols/event_frame.hpp"
#include "protocols/system_config.hpp"

#include <algorithm>
#include <array>
#include <list>

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

const std::string epoch = "0190f5b2-0000-4000-8000-000000000001";

using positions = std::vector<int64_t>;

encoded_event_ptr event_for(const std::string& audience, int64_t position) {
  event out;
  out.position = position;
  out.type = "t";
  out.audience = audience;
  out.channel = "tasks";
  return encode_event(std::move(out), epoch);
}

encoded_event_ptr revoked(int64_t user, int64_t position) {
  auto out = access_revoked({user, true, {}, {}}, timestamp{1});
  out.position = position;
  return encode_event(std::move(out), epoch);
}

/// Stands where the feed is.
struct feed_place {
  int64_t position = 0;
  bool held = false; ///< answers nobody
  std::vector<caf::actor> hubs;
  std::vector<caf::typed_response_promise<stream_position>> unanswered;
};

using answer_atom = caf::atom_constant<caf::atom("answer")>;

caf::behavior feed_double(caf::event_based_actor* self, feed_place* x) {
  return {
      [=](atom::join, const caf::actor& hub) -> caf::result<stream_position> {
        x->hubs.push_back(hub);
        if (!x->held)
          return stream_position{epoch, x->position};
        x->unanswered.push_back(self->make_response_promise<stream_position>());
        return x->unanswered.back();
      },
      [=](answer_atom) {
        x->held = false;
        for (auto& promise : std::exchange(x->unanswered, {}))
          promise.deliver(stream_position{epoch, x->position});
      },
  };
}

struct heard {
  positions events;
  int messages = 0;
  int sweeps = 0;
  int64_t swept_at = -1;
  bool swept_ahead = false; ///< of what it had heard
  positions replays;
};

caf::behavior session_double(caf::event_based_actor*, heard* into) {
  return {
      [=](atom::deliver, const encoded_events_ptr& list) {
        ++into->messages;
        for (auto& x : *list)
          into->events.push_back(x->row.position);
      },
      [=](atom::sweep, int64_t position) {
        ++into->sweeps;
        into->swept_at = position;
        auto last = into->events.empty() ? 0 : into->events.back();
        into->swept_ahead = into->swept_ahead || position > last;
      },
      [=](atom::replay, const stream_position& at) {
        into->replays.push_back(at.position);
      },
  };
}

struct fixture : test_coordinator_fixture<system_config> {
  fixture() {
    feed = sys.spawn(feed_double, &place);
    settings.feed = [this] { return caf::actor_cast<event_feed_actor>(feed); };
  }

  ~fixture() override {
    stop();
    place.unanswered.clear();
    place.hubs.clear();
    for (auto& x : sessions)
      anon_send_exit(x, caf::exit_reason::kill);
    anon_send_exit(feed, caf::exit_reason::kill);
    consume_messages();
  }

  void start() {
    hub_now = sys.spawn(hub, record, settings);
    consume_messages();
  }

  void stop() {
    if (hub_now)
      anon_send_exit(hub_now, caf::exit_reason::kill);
    hub_now = nullptr;
    consume_messages();
  }

  heard& session() {
    ears.emplace_back();
    sessions.push_back(sys.spawn(session_double, &ears.back()));
    return ears.back();
  }

  auto ask_to_join(size_t session, const audience_of_session& who) {
    auto answer = self->request(hub_now, caf::infinite, atom::join_v,
                                sessions[session], who);
    consume_messages();
    return answer;
  }

  /// A session that has joined.
  heard& joined(int64_t user, bool admin = false) {
    auto& out = session();
    ask_to_join(sessions.size() - 1, {user, admin, session_kind::main, {}})
        .receive([](const stream_position&) {},
                 [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
    return out;
  }

  void send(encoded_events list) {
    anon_send(hub_now, atom::deliver_v,
              encoded_events_ptr{
                  std::make_shared<const encoded_events>(std::move(list))});
  }

  void deliver(encoded_events list) {
    send(std::move(list));
    consume_messages();
  }

  std::vector<heard*> crowd(int n) {
    std::vector<heard*> out;
    for (int i = 0; i < n; ++i)
      out.push_back(&joined(1));
    return out;
  }

  void pass(std::chrono::milliseconds d) {
    for (auto left = d; left > 0ms; left -= 100ms) {
      advance_time(100ms);
      consume_messages();
    }
  }

  child_ptr record = std::make_shared<child>("hub", restart::permanent);
  feed_place place;
  caf::actor feed;
  hub_settings settings;
  hub_actor hub_now;
  std::list<heard> ears;
  std::vector<caf::actor> sessions;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(hub_tests, fixture)

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
