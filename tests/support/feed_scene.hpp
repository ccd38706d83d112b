// A feed of events between doubles of its rows and its hubs, in virtual time.
#pragma once

#include "actors/event_feed.hpp"
#include "protocols/error.hpp"
#include "tests/support/stream_scene.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callboard::test {

using namespace callboard::actors;
using namespace std::chrono_literals;

inline const std::string other_epoch = "0190f5b2-0000-4000-8000-000000000002";

inline positions range(int64_t first, int64_t last) {
  positions out;
  for (auto i = first; i <= last; ++i)
    out.push_back(i);
  return out;
}

/// Every third one is user 2's, all others everyone's.
inline event at(int64_t position) {
  event out;
  out.position = position;
  out.type = "t";
  out.audience = position % 3 == 0 ? "2" : "everyone";
  out.channel = "tasks";
  return out;
}

inline events rows_at(const positions& wanted) {
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

inline caf::expected<event_page> page_of(database& db,
                                         const event_query& query) {
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

inline caf::behavior rows_double(caf::event_based_actor* self, database* db) {
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

inline caf::behavior hub_double(caf::event_based_actor*, heard* into) {
  return {
      [=](atom::deliver, const encoded_events_ptr& list) {
        ++into->batches;
        for (auto& x : *list)
          into->all.push_back(x->row.position);
      },
  };
}

struct feed_scene : test_coordinator_fixture<system_config> {
  feed_scene() {
    rows = sys.spawn(rows_double, &db);
    settings.rows
        = [this] { return caf::actor_cast<event_repository_actor>(rows); };
    settings.mark = std::make_shared<stream_mark>();
  }

  ~feed_scene() override {
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

} // namespace callboard::test
