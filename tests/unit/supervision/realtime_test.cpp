// The real feed, hub, presence and sessions under their supervisors, in virtual
// time: what a crash of one of them does to the others.
#define CAF_SUITE realtime
#include "actors/event_feed.hpp"
#include "actors/hub.hpp"
#include "actors/presence.hpp"
#include "protocols/digest.hpp"
#include "supervision/dynamic_supervisor.hpp"
#include "supervision/supervisor.hpp"

#include <list>
#include <random>

#if defined(__SANITIZE_ADDRESS__)
extern "C" size_t __sanitizer_get_current_allocated_bytes(); // no header here
#else
#include <malloc.h>
#endif

#include "tests/support/ws_scene.hpp"

using namespace callboard;
using namespace callboard::actors;
using namespace callboard::test;

namespace {

size_t allocated_bytes() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

child_ptr place_of(const char* id) {
  return std::make_shared<child>(id, restart::permanent);
}

caf::behavior rows_double(caf::event_based_actor*, test::feed_place* x,
                          std::function<void(events)> committed) {
  return {
      [=](atom::list, const call&, const event_query& query) {
        event_page out{epoch, x->pruned_to, x->last, {}};
        for (auto& row : x->rows)
          if (row.position > query.after
              && static_cast<int64_t>(out.rows.size()) < query.limit)
            out.rows.push_back(row);
        return out;
      },
      [=](atom::create, const call&, events added) {
        for (auto& row : added) {
          row.position = ++x->last;
          x->rows.push_back(row);
        }
        committed(added);
        return x->last;
      },
  };
}

struct fixture : ws_scene {
  fixture() {
    rows = sys.spawn(rows_double, &stream,
                     [this](events added) { tell(std::move(added)); });
    auto repository
        = [this] { return caf::actor_cast<event_repository_actor>(rows); };
    rules.hub = [x = hub_record] { return x->as<hub_actor>(); };
    rules.presence = [x = presence_record] { return x->as<presence_actor>(); };
    rules.feed = [x = feed_record] { return x->as<event_feed_actor>(); };
    shared_rules = std::make_shared<const ws_session_settings>(rules);
    event_feed_settings of_feed;
    of_feed.rows = repository;
    of_feed.mark = rules.mark;
    hub_settings of_hub;
    of_hub.feed = rules.feed;
    presence_settings of_presence;
    of_presence.events = repository;
    supervisor_options options;
    options.how = strategy::one_for_one;
    top = start_supervisor(
        sys, top_record, options,
        {spec(feed_record,
              [=](caf::actor_system& system, const child_ptr& me) {
                return spawn_function<event_feed_actor, event_feed_state>(
                    system, me, nullptr, event_feed, of_feed);
              }),
         spec(hub_record,
              [=](caf::actor_system& system, const child_ptr& me) {
                return spawn_function<hub_actor, hub_state>(
                    system, me, nullptr, actors::hub, me, of_hub);
              }),
         spec(presence_record,
              [=](caf::actor_system& system, const child_ptr& me) {
                return spawn_function<presence_actor, presence_state>(
                    system, me, nullptr, actors::presence, me, of_presence);
              }),
         spec(sessions_record,
              [](caf::actor_system& system, const child_ptr& me) {
                return start_dynamic_supervisor(system, me);
              })});
    consume_messages();
  }

  ~fixture() override {
    anon_send_exit(top, caf::exit_reason::user_shutdown);
    consume_messages();
    anon_send_exit(rows, caf::exit_reason::kill);
    consume_messages();
  }

  template <class F>
  static child_spec spec(const child_ptr& record, F start) {
    child_spec out;
    out.record = record;
    out.start = start;
    return out;
  }

  /// A connection as `net` opens it.
  client_side& connect(int64_t user, const std::string& connection_id = {}) {
    auto& out = clients.emplace_back();
    auto start = std::make_shared<session_start>();
    start->token = token(user);
    start->connection_id = connection_id;
    start->socket = std::make_shared<socket_double>(&out);
    start_child wish;
    wish.id = "session-" + std::to_string(clients.size());
    wish.start = [start, rules = shared_rules](caf::actor_system& system,
                                               const child_ptr& me) {
      return spawn_function<ws_session_actor, ws_session_state>(
          system, me, nullptr, ws_session, rules, std::move(*start));
    };
    start = nullptr;
    anon_send(sessions_record->get(), std::move(wish));
    consume_messages();
    return out;
  }

  /// Ends it as a crash would; what it was about to do is not done.
  static void kill(const child_ptr& x) {
    caf::anon_send_exit(x->get(), caf::exit_reason::kill);
  }

  /// As a worker tells of a commit.
  void tell(events committed) {
    rules.mark->advance(committed.back().position);
    if (auto x = feed_record->as<event_feed_actor>())
      caf::anon_send(x, atom::publish_v, std::move(committed));
  }

  /// Presence writes into the stream as well.
  void publish(const std::string& audience = "everyone") {
    auto row = event_for(audience, stream.last + 1);
    published.push_back(row.position);
    commit(row);
    tell({row});
  }

  /// The events that it got, in this order.
  static std::vector<int64_t> heard(client_side& x) {
    std::vector<int64_t> out;
    for (auto& text : std::exchange(x.got, {})) {
      auto json = parse_json(text);
      CAF_REQUIRE(json);
      if (std::string{(*json)["type"].GetString()} == "task_status_update")
        out.push_back((*json)["data"]["n"].GetInt64());
    }
    return out;
  }

  connection_counts counts() {
    auto answer
        = self->request(presence_record->get(), caf::infinite, atom::status_v);
    consume_messages();
    connection_counts out;
    answer.receive([&](const connection_counts& x) { out = x; },
                   [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
    return out;
  }

  child_ptr top_record = place_of("realtime");
  child_ptr feed_record = place_of("event_feed");
  child_ptr hub_record = place_of("hub");
  child_ptr presence_record = place_of("presence");
  child_ptr sessions_record = place_of("sessions");
  ws_session_settings_ptr shared_rules;
  caf::actor rows;
  caf::actor top;
  std::list<client_side> clients;
  std::vector<int64_t> published;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(realtime_tests, fixture)

CAF_TEST(sessions hear everything though the feed was killed) {
  auto& x = connect(1);
  publish();
  consume_messages();
  publish(); // in its mailbox when it ends
  kill(feed_record);
  consume_messages();
  publish(); // there is no feed
  pass(2s);
  publish();
  consume_messages();
  CAF_CHECK_EQUAL(heard(x), published);
  CAF_CHECK_EQUAL(feed_record->restarts(), 1u);
  CAF_CHECK(!x.gone);
}

CAF_TEST(sessions hear everything though their hub was killed) {
  auto& x = connect(1);
  auto& admin = connect(2);
  publish();
  consume_messages();
  kill(hub_record);
  consume_messages();
  publish();
  publish("1");
  consume_messages();
  pass(2s);
  publish("1");
  consume_messages();
  CAF_CHECK_EQUAL(heard(x), published);
  CAF_CHECK_EQUAL(heard(admin), published);
  CAF_CHECK_EQUAL(hub_record->restarts(), 1u);
}

CAF_TEST(a session that came while there was no hub hears what follows) {
  kill(hub_record);
  consume_messages();
  auto& x = connect(1);
  publish();
  pass(2s);
  CAF_CHECK_EQUAL(heard(x), published);
}

CAF_TEST(whichever of them is killed when all is heard once and in order) {
  auto& x = connect(1);
  auto& y = connect(2);
  std::mt19937 random{7};
  for (int round = 0; round < 60; ++round) {
    x.heard_at = y.heard_at = clock_ms(); // they answer pings
    for (auto n = random() % 5; n > 0; --n)
      publish();
    for (auto n = random() % 12; n > 0; --n)
      sched.try_run_once();
    switch (random() % 4) {
    case 0:
      kill(feed_record);
      break;
    case 1:
      kill(hub_record);
      break;
    case 2:
      kill(presence_record);
      break;
    default:
      break;
    }
    consume_messages();
    pass(2s);
  }
  publish();
  pass(2s);
  CAF_CHECK(published.size() > 50);
  CAF_CHECK_EQUAL(heard(x), published);
  CAF_CHECK_EQUAL(heard(y), published);
  CAF_CHECK_EQUAL(top_record->restarts(), 0u);
  CAF_CHECK(feed_record->restarts() > 3 && hub_record->restarts() > 3);
}

CAF_TEST(after a crash of presence it still knows who is there) {
  auto id = uuid4();
  auto& x = connect(1, id);
  connect(2);
  kill(presence_record);
  consume_messages();
  pass(1s);
  CAF_CHECK_EQUAL(counts().alive, 2);
  connect(1, id);
  CAF_CHECK(x.closed == close_code::replaced);
  CAF_CHECK(x.gone);
  CAF_CHECK_EQUAL(counts().alive, 2);
}

CAF_TEST(a session that is killed lets go of its socket and no other does) {
  auto& x = connect(1);
  auto& y = connect(1);
  auto all = sessions_record->children(10);
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  kill(all[0]);
  consume_messages();
  CAF_CHECK(x.gone);
  CAF_CHECK(x.closed == close_code::no_status); // that is the socket's part
  CAF_CHECK(!y.gone);
  publish();
  consume_messages();
  CAF_CHECK_EQUAL(heard(y), published);
  CAF_CHECK_EQUAL(sessions_record->restarts(), 0u);
  CAF_CHECK_EQUAL(counts().alive, 1);
}

CAF_TEST(an idle session is small with all that is kept about it) {
  constexpr int64_t n = 2'000;
  for (int64_t i = 0; i < n; ++i) {
    auto& row = users.rows[10 + i];
    row.id = 10 + i;
    row.username = "user" + std::to_string(i);
  }
  connect(1); // what is made once
  auto& before_any = clients.emplace_back();
  before_any.got.reserve(1);
  auto before = allocated_bytes();
  for (int64_t i = 0; i < n; ++i) {
    connect(10 + i);
    clients.back().got = {};
  }
  pass(6s);
  for (auto& x : clients)
    x.got = {};
  auto doubles = sizeof(client_side) + sizeof(socket_double) + 64;
  auto each = (allocated_bytes() - before) / n - doubles;
  CAF_MESSAGE("bytes of an idle session: "
              << each
              << ", sizeof(ws_session_state): " << sizeof(ws_session_state)
              << ", sizeof(child): " << sizeof(child)
              << ", sizeof(start_child): " << sizeof(start_child));
  CAF_CHECK_EQUAL(counts().alive, n + 1);
  CAF_CHECK(each < 6'000);
}

CAF_TEST_FIXTURE_SCOPE_END()
