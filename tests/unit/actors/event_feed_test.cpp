#define CAF_SUITE event_feed
#include "tests/support/feed_scene.hpp"

#include <random>

using namespace callboard;
using namespace callboard::test;

CAF_TEST_FIXTURE_SCOPE(event_feed_tests, feed_scene)

CAF_TEST(a hub hears what was committed after it joined once and in order) {
  commit(range(1, 3));
  start();
  heard a;
  CAF_CHECK_EQUAL(join(a), 3);
  publish({4, 5});
  heard b;
  CAF_CHECK_EQUAL(join(b), 5);
  publish({6});
  CAF_CHECK(a.all == range(4, 6));
  CAF_CHECK_EQUAL(a.batches, 2); // one message for each commit
  CAF_CHECK(b.all == range(6, 6));
  CAF_CHECK_EQUAL(settings.mark->committed.load(), 6);
}

CAF_TEST(commits that come in the wrong order wait for one another) {
  start();
  heard hub;
  join(hub);
  auto before = db.reads;
  commit(range(1, 5));
  tell({4, 5});
  tell({2, 3});
  CAF_CHECK(hub.all.empty());
  tell({1});
  CAF_CHECK(hub.all == range(1, 5));
  CAF_CHECK_EQUAL(db.reads, before);
}

CAF_TEST(the order holds however publications and notices are mixed) {
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    std::mt19937 random{seed};
    db.rows.clear();
    db.last = 0;
    start();
    heard hub;
    join(hub);
    int64_t next = 1;
    std::vector<positions> untold;
    while (next <= 300) {
      auto n = static_cast<int64_t>(random() % 4);
      if (n > 0) {
        commit(range(next, next + n - 1));
        untold.push_back(range(next, next + n - 1));
        next += n;
      }
      if (!untold.empty() && random() % 2 == 0) {
        auto i = static_cast<std::ptrdiff_t>(random() % untold.size());
        switch (random() % 4) {
        case 0: // another process's
          anon_send(feed, atom::notice_v,
                    untold[static_cast<size_t>(i)].back());
          break;
        case 1: // told twice
          anon_send(feed, atom::publish_v,
                    rows_at(untold[static_cast<size_t>(i)]));
          [[fallthrough]];
        default:
          anon_send(feed, atom::publish_v,
                    rows_at(untold[static_cast<size_t>(i)]));
        }
        untold.erase(untold.begin() + i);
      }
      if (random() % 3 == 0)
        consume_messages();
      if (random() % 8 == 0)
        advance_time(2ms);
    }
    notice(next - 1);
    pass(50ms);
    if (hub.all != range(1, next - 1))
      CAF_ERROR("wrong with the seed " << seed);
    stop();
  }
}

CAF_TEST(a hub that ended is forgotten and the others hear on) {
  start();
  heard a;
  heard b;
  join(a);
  join(b);
  anon_send_exit(hubs.front(), caf::exit_reason::kill);
  consume_messages();
  publish({1});
  CAF_CHECK(a.all.empty());
  CAF_CHECK(b.all == range(1, 1));
}

CAF_TEST_FIXTURE_SCOPE_END()
