#define CAF_SUITE event_feed_holes
#include "tests/support/feed_scene.hpp"

using namespace callboard;
using namespace callboard::test;

CAF_TEST_FIXTURE_SCOPE(event_feed_holes_tests, feed_scene)

CAF_TEST(a hole is read from the rows when nobody fills it in time) {
  start();
  heard hub;
  join(hub);
  commit(range(1, 4));
  tell({3});
  auto before = db.reads;
  advance_time(settings.patience - 1ms);
  consume_messages();
  CAF_CHECK(hub.all.empty());
  CAF_CHECK_EQUAL(db.reads, before);
  advance_time(1ms);
  consume_messages();
  CAF_CHECK(hub.all == range(1, 4)); // and what lies behind it
  tell({4});
  tell({1, 2});
  CAF_CHECK(hub.all == range(1, 4));
}

CAF_TEST(of the commits of others the rows are read at once) {
  start();
  heard hub;
  join(hub);
  commit(range(1, 1200)); // more than a page
  notice(1200);
  CAF_CHECK(hub.all == range(1, 1200));
  auto before = db.reads;
  notice(1200);
  notice(7);
  CAF_CHECK_EQUAL(db.reads, before);
}

CAF_TEST(a false notice costs one read) {
  start();
  heard hub;
  join(hub);
  auto before = db.reads;
  notice(1'000'000);
  pass(900ms);
  CAF_CHECK_EQUAL(db.reads, before + 1);
  publish({1});
  CAF_CHECK(hub.all == range(1, 1));
}

CAF_TEST(what nobody told of is found by the sweep where others may write) {
  settings.shared = true;
  start();
  heard hub;
  join(hub);
  commit({1, 2});
  pass(1000ms);
  CAF_CHECK(hub.all == range(1, 2));
  stop();
  settings.shared = false;
  start();
  auto before = db.reads;
  pass(3000ms);
  CAF_CHECK_EQUAL(db.reads, before);
}

CAF_TEST(a commit of this process that met no feed is found by the sweep) {
  start();
  heard hub;
  join(hub);
  commit({1, 2});
  settings.mark->advance(2);
  pass(1000ms);
  CAF_CHECK(hub.all == range(1, 2));
}

CAF_TEST(while the database is away the told events are handed out) {
  start();
  heard hub;
  join(hub);
  commit(range(1, 5));
  db.away = true;
  tell({1, 2});
  CAF_CHECK(hub.all == range(1, 2));
  tell({4, 5});
  notice(5);
  pass(3000ms);
  CAF_CHECK(hub.all == range(1, 2));
  auto before = db.reads;
  pass(1000ms);
  CAF_CHECK(db.reads - before <= 5); // no storm
  db.away = false;
  pass(settings.retry);
  CAF_CHECK(hub.all == range(1, 5));
}

CAF_TEST(hubs that come before the database wait for it) {
  db.away = true;
  commit(range(1, 5));
  start();
  tell({6}); // a commit that came through
  heard hub;
  auto answer = ask_to_join(hub);
  auto early = ask(query_of(0, 5));
  CAF_REQUIRE(!early);
  CAF_CHECK(classify(early.error()) == errc::unavailable);
  commit({6});
  db.away = false;
  pass(settings.retry);
  stream_position place;
  answer.receive([&](const stream_position& x) { place = x; },
                 [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
  CAF_CHECK_EQUAL(place.position, 6);
  publish({7});
  CAF_CHECK(hub.all == range(7, 7)); // nothing of before
}

CAF_TEST(a new incarnation begins at the end and knows the newest events) {
  start();
  heard first;
  join(first);
  publish(range(1, 700));
  stop();
  commit(range(701, 710)); // nobody was there
  start();
  heard second;
  CAF_CHECK_EQUAL(join(second), 710);
  db.away = true;
  CAF_CHECK(replayed(query_of(650, 710)) == visible(650, 710));
  CAF_CHECK(second.all.empty());
}

CAF_TEST(it ends when the database has another stream) {
  settings.shared = true;
  commit(range(1, 5));
  start();
  self->monitor(feed);
  db.epoch_now = other_epoch;
  pass(1000ms);
  bool ended = false;
  self->receive(
      [&](const caf::down_msg& x) { ended = static_cast<bool>(x.reason); },
      caf::after(0s) >> [] {});
  CAF_CHECK(ended);
}

CAF_TEST(after a failover that lost commits it begins anew) {
  settings.shared = true;
  commit(range(1, 5));
  start();
  self->monitor(feed);
  db.rows.erase(5);
  db.last = 4;
  pass(1000ms);
  bool ended = false;
  self->receive([&](const caf::down_msg&) { ended = true; },
                caf::after(0s) >> [] {});
  CAF_CHECK(ended);
}

CAF_TEST(an old answer of the rows is no other stream) {
  start();
  heard hub;
  join(hub);
  db.held = true;
  notice(1); // the snapshot is taken before the next commits
  publish({1, 2});
  CAF_CHECK(hub.all == range(1, 2));
  anon_send(rows, answer_atom::value, true);
  consume_messages();
  publish({3});
  CAF_CHECK(hub.all == range(1, 3));
}

CAF_TEST_FIXTURE_SCOPE_END()
