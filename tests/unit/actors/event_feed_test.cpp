#define CAF_SUITE event_feed
#include "actors/event_feed.hpp"
#include "protocols/error.hpp"

#include <algorithm>
#include <random>

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

const std::string epoch = "0190f5b2-0000-4000-8000-000000000001";
const std::string other_epoch = "0190f5b2-0000-4000-8000-000000000002";

using positions = std::vector<int64_t>;

positions range(int64_t first, int64_t last) {
  positions out;
  for (auto i = first; i <= last; ++i)
    out.push_back(i);
  return out;
}

/// Every third one is user 2's, all others everyone's.
event at(int64_t position) {
  event out;
  out.position = position;
  out.type = "t";
  out.audience = position % 3 == 0 ? "2" : "everyone";
  out.channel = "tasks";
  return out;
}

events rows_at(const positions& wanted) {
  events out;
  for (auto x : wanted)
    out.push_back(at(x));
  return out;
}

/// Stands where the rows are.
struct database {
  std::string epoch_now = epoch;
  int64_t pruned_to = 0;
  int64_t last = 0;
  bool away = false;
  bool held = false; ///< answers nobody
  std::map<int64_t, event> rows;
  std::vector<caf::typed_response_promise<event_page>> unanswered;
  int reads = 0;
};

caf::expected<event_page> page_of(database& db, const event_query& query) {
  ++db.reads;
  if (db.away)
    return caf::make_error(errc::unavailable);
  event_page out{db.epoch_now, db.pruned_to, db.last, {}};
  for (auto i = db.rows.upper_bound(query.after);
       i != db.rows.end()
       && static_cast<int64_t>(out.rows.size()) < query.limit;
       ++i)
    out.rows.push_back(i->second);
  return out;
}

using answer_atom = caf::atom_constant<caf::atom("answer")>;

caf::behavior rows_double(caf::event_based_actor* self, database* db) {
  return {
      [=](atom::list, const call&,
          const event_query& query) -> caf::result<event_page> {
        if (db->held) {
          ++db->reads;
          db->unanswered.push_back(self->make_response_promise<event_page>());
          return db->unanswered.back();
        }
        auto out = page_of(*db, query);
        if (!out)
          return out.error();
        return std::move(*out);
      },
      // To those who wait: an empty stream, or an error.
      [=](answer_atom, bool good) {
        db->held = false;
        for (auto& x : std::exchange(db->unanswered, {}))
          if (good)
            x.deliver(event_page{epoch, 0, 0, {}});
          else
            x.deliver(caf::make_error(errc::unavailable));
      },
  };
}

struct heard {
  positions all;
  int batches = 0;
};

caf::behavior hub_double(caf::event_based_actor*, heard* into) {
  return {
      [=](atom::deliver, const encoded_events_ptr& list) {
        ++into->batches;
        for (auto& x : *list)
          into->all.push_back(x->row.position);
      },
  };
}

struct config : caf::actor_system_config {
  config() {
    add_message_types<caf::id_block::callboard>();
    add_message_types<caf::id_block::callboard_realtime>();
  }
};

struct fixture : test_coordinator_fixture<config> {
  fixture() {
    rows = sys.spawn(rows_double, &db);
    settings.rows
        = [this] { return caf::actor_cast<event_repository_actor>(rows); };
    settings.mark = std::make_shared<stream_mark>();
  }

  ~fixture() override {
    stop();
    db.unanswered.clear();
    for (auto& x : hubs)
      anon_send_exit(x, caf::exit_reason::kill);
    anon_send_exit(rows, caf::exit_reason::kill);
    consume_messages();
  }

  void start() {
    feed = sys.spawn(event_feed, settings);
    consume_messages();
  }

  void stop() {
    if (feed)
      anon_send_exit(feed, caf::exit_reason::user_shutdown);
    feed = nullptr;
    consume_messages();
  }

  /// The rows of a commit, which nobody was told of.
  void commit(const positions& added) {
    for (auto x : added) {
      db.rows[x] = at(x);
      db.last = std::max(db.last, x);
    }
  }

  void publish(const positions& added) {
    commit(added);
    tell(added);
  }

  void tell(const positions& added) {
    anon_send(feed, atom::publish_v, rows_at(added));
    consume_messages();
  }

  void notice(int64_t position) {
    anon_send(feed, atom::notice_v, position);
    consume_messages();
  }

  void pass(std::chrono::milliseconds d) {
    for (auto left = d; left > 0ms; left -= 5ms) {
      advance_time(5ms);
      consume_messages();
    }
  }

  auto ask_to_join(heard& into) {
    hubs.push_back(sys.spawn(hub_double, &into));
    auto answer = self->request(feed, caf::infinite, atom::join_v, hubs.back());
    consume_messages();
    return answer;
  }

  int64_t join(heard& into) {
    auto answer = ask_to_join(into);
    stream_position out;
    answer.receive([&](const stream_position& x) { out = x; },
                   [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
    CAF_CHECK_EQUAL(out.epoch, epoch);
    return out.position;
  }

  replay_query query_of(int64_t after, int64_t until) {
    replay_query out;
    out.after = {epoch, after};
    out.until = until;
    out.who.user_id = 1;
    return out;
  }

  caf::expected<replay> ask(const replay_query& query) {
    auto answer = self->request(feed, caf::infinite, atom::replay_v, query);
    consume_messages();
    caf::expected<replay> out{caf::error{}};
    answer.receive([&](replay& x) { out = std::move(x); },
                   [&](caf::error& err) { out = err; });
    return out;
  }

  /// All that it gets, asking as long as there is more; nothing: a gap.
  std::optional<positions> replayed(replay_query query) {
    positions out;
    for (int i = 0; i < 1000; ++i) {
      auto got = ask(query);
      CAF_REQUIRE(got);
      if (got->gap)
        return std::nullopt;
      for (auto& x : got->events)
        out.push_back(x->row.position);
      if (!got->more) {
        CAF_CHECK_EQUAL(got->next, std::max(query.until, query.after.position));
        return out;
      }
      CAF_CHECK(got->next > query.after.position);
      query.after.position = got->next;
    }
    CAF_ERROR("it never ends");
    return out;
  }

  /// What user 1 may see.
  static positions visible(int64_t after, int64_t until) {
    auto out = range(after + 1, until);
    std::erase_if(out, [](auto x) { return x % 3 == 0; });
    return out;
  }

  database db;
  caf::actor rows;
  event_feed_settings settings;
  event_feed_actor feed;
  std::vector<caf::actor> hubs;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(event_feed_tests, fixture)

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
