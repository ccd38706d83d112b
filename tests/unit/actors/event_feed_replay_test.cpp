#define CAF_SUITE event_feed_replay
#include "tests/support/feed_scene.hpp"

using namespace callboard;
using namespace callboard::test;

CAF_TEST_FIXTURE_SCOPE(event_feed_replay_tests, feed_scene)

CAF_TEST(a replay from any place equals the list of what one may see) {
  settings.ring_count = 40;
  settings.page = 7;
  commit(range(1, 60));
  start();
  publish(range(61, 100));
  for (int64_t after = 0; after <= 100; ++after)
    for (int64_t until : {after, int64_t{55}, int64_t{61}, int64_t{100}}) {
      auto query = query_of(after, until);
      query.limit = 1 + after % 9;
      auto got = replayed(query);
      if (!got || *got != visible(after, until))
        CAF_ERROR("wrong behind " << after << " until " << until);
    }
}

CAF_TEST(what is in memory is replayed without the database) {
  commit(range(1, 60));
  settings.ring_count = 40;
  start();
  auto before = db.reads;
  db.away = true;
  for (int64_t after = 20; after <= 60; ++after)
    CAF_CHECK(replayed(query_of(after, 60)) == visible(after, 60));
  CAF_CHECK_EQUAL(db.reads, before);
  auto older = ask(query_of(19, 60));
  CAF_REQUIRE(!older);
  CAF_CHECK(classify(older.error()) == errc::unavailable);
  db.away = false;
  CAF_CHECK(replayed(query_of(19, 60)) == visible(19, 60));
}

CAF_TEST(an answer from memory looks at a bounded number of events) {
  commit(range(1, 9000));
  start();
  auto nothing = query_of(0, 9000);
  nothing.who.user_id = 7;
  nothing.who.kind = session_kind::sync; // sees none of them
  auto got = ask(nothing);
  CAF_REQUIRE(got);
  CAF_CHECK(got->more && got->events.empty());
  CAF_CHECK_EQUAL(got->next, 2000);
  CAF_CHECK(replayed(query_of(0, 9000)) == visible(0, 9000));
}

CAF_TEST(a place that is not in the stream is a gap) {
  commit(range(1, 20));
  settings.ring_count = 5;
  start();
  auto foreign = query_of(18, 20);
  foreign.after.epoch = other_epoch;
  CAF_CHECK(!replayed(foreign));
  CAF_CHECK(!replayed(query_of(21, 20)));
  CAF_CHECK(!replayed(query_of(-1, 20)));
  CAF_CHECK(replayed(query_of(20, 20)) == positions{});
  commit({21}); // committed by another process: its client is ahead of us
  CAF_CHECK(replayed(query_of(21, 20)) == positions{});
}

CAF_TEST(what was pruned is a gap and never left out in silence) {
  commit(range(1, 20));
  settings.ring_count = 5;
  start();
  for (int64_t i = 1; i <= 10; ++i)
    db.rows.erase(i);
  db.pruned_to = 10;
  for (int64_t after = 0; after <= 20; ++after) {
    auto got = replayed(query_of(after, 20));
    CAF_CHECK_EQUAL(got.has_value(), after >= 10);
    if (got)
      CAF_CHECK(*got == visible(after, 20));
  }
}

CAF_TEST(behind rows that are gone it goes on) {
  start();
  heard hub;
  join(hub);
  commit(range(1, 20));
  for (int64_t i = 1; i <= 8; ++i)
    db.rows.erase(i);
  db.pruned_to = 8;
  db.rows.erase(12); // by hand: no hole may stop the stream
  db.rows.erase(20);
  notice(20);
  auto wanted = range(9, 19);
  std::erase(wanted, 12);
  CAF_CHECK(hub.all == wanted);
  publish({21});
  CAF_CHECK_EQUAL(hub.all.back(), 21);
}

CAF_TEST(what is erased is not replayed from memory) {
  start();
  publish(range(1, 4));
  for (auto& [position, row] : db.rows)
    row.type = "cleaned";
  auto erasure = account_erased(1, timestamp{1});
  erasure.position = db.last = 5;
  db.rows[5] = erasure;
  anon_send(feed, atom::publish_v, events{erasure});
  consume_messages();
  auto got = ask(query_of(0, 5));
  CAF_REQUIRE(got);
  CAF_REQUIRE(!got->events.empty());
  CAF_CHECK(got->events.front()->whole->text().find("cleaned")
            != std::string_view::npos);
}

CAF_TEST(replays from the rows take turns and all are answered) {
  commit(range(1, 50));
  settings.ring_count = 5;
  settings.max_waiting = 8;
  start();
  auto before = db.reads;
  db.held = true;
  using handle = decltype(self->request(feed, caf::infinite, atom::replay_v,
                                        replay_query{}));
  std::vector<handle> answers;
  for (int i = 0; i < 14; ++i)
    answers.push_back(
        self->request(feed, caf::infinite, atom::replay_v, query_of(1, 50)));
  consume_messages();
  CAF_CHECK_EQUAL(db.reads - before, 4);
  anon_send(rows, answer_atom::value, false);
  consume_messages();
  int good = 0;
  int refused = 0;
  for (auto& x : answers)
    x.receive([&](const replay&) { ++good; }, [&](caf::error&) { ++refused; });
  CAF_CHECK_EQUAL(good, 8);
  CAF_CHECK_EQUAL(refused, 6); // four failed, for two there was no room
}

CAF_TEST_FIXTURE_SCOPE_END()
