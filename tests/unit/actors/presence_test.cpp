#define CAF_SUITE presence
#include "actors/presence.hpp"
#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/json.hpp"
#include "protocols/system_config.hpp"

#include <list>

#define FAIL CAF_FAIL
#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace std::chrono_literals;

namespace {

const std::string first_id = "0190f5b2-0000-4000-8000-00000000000a";

/// Stands where the rows are.
struct stream {
  std::vector<std::string> types;
  std::vector<std::string> users;
  int writes = 0;
  bool away = false;
};

caf::behavior rows_double(caf::event_based_actor*, stream* into) {
  return {
      [=](atom::create, const call&,
          const events& added) -> caf::result<int64_t> {
        ++into->writes;
        if (into->away)
          return caf::make_error(errc::unavailable);
        for (auto& x : added) {
          CAF_CHECK_EQUAL(x.audience, "admins");
          CAF_CHECK_EQUAL(x.channel, "presence");
          into->types.push_back(x.type);
          auto data = parse_json(x.data.text);
          CAF_REQUIRE(data);
          into->users.emplace_back((*data)["username"].GetString());
        }
        return int64_t{1};
      },
  };
}

struct goodbye {
  close_code code = close_code::no_status;
};

caf::behavior session_double(caf::event_based_actor*, goodbye* into) {
  return {
      [=](atom::stop, close_code code, const std::string&) {
        into->code = code;
      },
  };
}

struct fixture : test_coordinator_fixture<system_config> {
  fixture() {
    rows = sys.spawn(rows_double, &written);
    settings.events
        = [this] { return caf::actor_cast<event_repository_actor>(rows); };
    start();
  }

  ~fixture() override {
    stop();
    for (auto& x : sessions)
      anon_send_exit(x, caf::exit_reason::kill);
    anon_send_exit(rows, caf::exit_reason::kill);
    consume_messages();
  }

  void start() {
    present = sys.spawn(presence, record, settings);
    consume_messages();
  }

  void stop() {
    anon_send_exit(present, caf::exit_reason::kill);
    present = nullptr;
    consume_messages();
  }

  /// The number of a new session.
  size_t session() {
    goodbyes.emplace_back();
    sessions.push_back(sys.spawn(session_double, &goodbyes.back()));
    return sessions.size() - 1;
  }

  std::string join(size_t session, int64_t user,
                   const std::string& wished = {}) {
    presence_entry entry;
    entry.connection_id = wished;
    entry.user_id = user;
    entry.username = user == 0 ? "" : "u" + std::to_string(user);
    entry.since = timestamp{static_cast<int64_t>(session)};
    auto answer = self->request(present, caf::infinite, atom::join_v,
                                sessions[session], entry);
    consume_messages();
    std::string out;
    answer.receive([&](const std::string& id) { out = id; },
                   [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
    CAF_CHECK(is_uuid(out));
    return out;
  }

  void leave(size_t session) {
    anon_send_exit(sessions[session], caf::exit_reason::kill);
    consume_messages();
  }

  close_code goodbye_of(size_t session) {
    return std::next(goodbyes.begin(), static_cast<std::ptrdiff_t>(session))
        ->code;
  }

  connection_counts counts() {
    auto answer = self->request(present, caf::infinite, atom::status_v);
    consume_messages();
    connection_counts out;
    answer.receive([&](const connection_counts& x) { out = x; },
                   [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
    return out;
  }

  std::vector<std::string> ids_for(int64_t user, role as) {
    call ctx;
    ctx.user_id = user;
    ctx.as = as;
    auto answer = self->request(present, caf::infinite, atom::list_v, ctx);
    consume_messages();
    std::vector<std::string> out;
    answer.receive(
        [&](const presence_list& found) {
          for (auto& x : found)
            out.push_back(x.connection_id);
        },
        [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
    return out;
  }

  void pass(std::chrono::milliseconds d) {
    for (auto left = d; left > 0ms; left -= 500ms) {
      advance_time(500ms);
      consume_messages();
    }
  }

  using texts = std::vector<std::string>;

  child_ptr record = std::make_shared<child>("presence", restart::permanent);
  stream written;
  caf::actor rows;
  presence_settings settings;
  presence_actor present;
  std::list<goodbye> goodbyes;
  std::vector<caf::actor> sessions;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(presence_tests, fixture)

CAF_TEST(a wished id is given and anything else makes a new one) {
  CAF_CHECK_EQUAL(join(session(), 1, first_id), first_id);
  auto a = join(session(), 1);
  auto b = join(session(), 1, "not-a-uuid");
  CAF_CHECK(a != b);
}

CAF_TEST(a newer connection of the user replaces the one of the same id) {
  auto older = session();
  join(older, 1, first_id);
  auto newer = session();
  CAF_CHECK_EQUAL(join(newer, 1, first_id), first_id);
  CAF_CHECK(goodbye_of(older) == close_code::replaced);
  CAF_CHECK(goodbye_of(newer) == close_code::no_status);
  CAF_CHECK_EQUAL(counts().alive, 1);
  leave(older); // its end is not that of the newer one
  CAF_CHECK_EQUAL(counts().alive, 1);
  CAF_CHECK_EQUAL(counts().total, 1);
}

CAF_TEST(the id of another user is not given) {
  auto other = session();
  join(other, 1, first_id);
  CAF_CHECK(join(session(), 2, first_id) != first_id);
  CAF_CHECK(join(session(), 0, first_id) != first_id);
  CAF_CHECK(goodbye_of(other) == close_code::no_status);
  leave(other); // nor just after it went
  CAF_CHECK(join(session(), 2, first_id) != first_id);
  CAF_CHECK_EQUAL(join(session(), 1, first_id), first_id);
}

CAF_TEST(an anonymous one cannot take the place of another) {
  auto one = session();
  join(one, 0, first_id);
  CAF_CHECK(join(session(), 0, first_id) != first_id);
  CAF_CHECK(goodbye_of(one) == close_code::no_status);
}

CAF_TEST(an anonymous one that logs in keeps its id) {
  auto one = session();
  auto id = join(one, 0);
  CAF_CHECK_EQUAL(join(one, 1, id), id);
  CAF_CHECK(goodbye_of(one) == close_code::no_status);
  CAF_CHECK_EQUAL(counts().total, 1);
  CAF_CHECK(ids_for(1, role::user) == texts{id});
}

CAF_TEST(those who went count as dead for the grace) {
  auto one = session();
  join(one, 1);
  join(session(), 2);
  leave(one);
  auto now = counts();
  CAF_CHECK_EQUAL(now.total, 2);
  CAF_CHECK_EQUAL(now.alive, 1);
  CAF_CHECK_EQUAL(now.dead, 1);
  pass(settings.grace + settings.sweep);
  CAF_CHECK_EQUAL(counts().dead, 0);
  CAF_CHECK_EQUAL(counts().total, 1);
}

CAF_TEST(of a crowd that went only so many are known) {
  settings.departures = 2;
  stop();
  start();
  std::vector<std::string> ids;
  for (size_t i = 0; i < 3; ++i)
    ids.push_back(join(session(), 1));
  for (size_t i = 0; i < 3; ++i)
    leave(i);
  CAF_CHECK_EQUAL(counts().total, 2);
  CAF_CHECK(join(session(), 2, ids[1]) != ids[1]);
  CAF_CHECK_EQUAL(join(session(), 2, ids[2]), ids[2]); // nobody knows it
  pass(settings.grace + settings.sweep);
  CAF_CHECK_EQUAL(counts().dead, 0);
  join(session(), 1);
  leave(5);
  CAF_CHECK_EQUAL(counts().dead, 1); // there is room again
}

CAF_TEST(admins see all and others themselves) {
  auto a = join(session(), 1);
  auto b = join(session(), 2);
  auto c = join(session(), 0);
  auto gone = session();
  join(gone, 1);
  leave(gone);
  CAF_CHECK(ids_for(9, role::admin) == texts({a, b, c}));
  CAF_CHECK(ids_for(1, role::user) == texts{a});
  CAF_CHECK(ids_for(3, role::user).empty());
  CAF_CHECK(ids_for(0, role::user).empty());
}

CAF_TEST(a user comes once and leaves once whatever the connections) {
  auto one = session();
  auto two = session();
  join(one, 1);
  join(two, 1);
  join(session(), 0);
  pass(1000ms);
  CAF_CHECK(written.types == texts{"presence_joined"});
  CAF_CHECK(written.users == texts{"u1"});
  leave(one);
  pass(10s);
  CAF_CHECK_EQUAL(written.types.size(), 1u);
  leave(two);
  pass(4s);
  CAF_CHECK_EQUAL(written.types.size(), 1u);
  pass(3s);
  CAF_CHECK(written.types == texts({"presence_joined", "presence_left"}));
  pass(10s);
  CAF_CHECK_EQUAL(written.writes, 2);
  CAF_CHECK(record->kept().get_as<presence_registry_ptr>(0)->users.empty());
}

CAF_TEST(who is back within the grace was never away) {
  auto one = session();
  join(one, 1);
  pass(1000ms);
  leave(one);
  pass(3s);
  join(session(), 1);
  pass(20s);
  CAF_CHECK(written.types == texts{"presence_joined"});
}

CAF_TEST(many are announced in batches) {
  settings.batch = 10;
  stop();
  start();
  for (int64_t i = 1; i <= 25; ++i)
    join(session(), i);
  pass(1000ms);
  CAF_CHECK_EQUAL(written.types.size(), 10u);
  pass(3000ms);
  CAF_CHECK_EQUAL(written.types.size(), 25u);
  CAF_CHECK_EQUAL(written.writes, 3);
}

CAF_TEST(what could not be written is tried again) {
  written.away = true;
  join(session(), 1);
  pass(3s);
  CAF_CHECK(written.types.empty());
  written.away = false;
  pass(1s);
  CAF_CHECK(written.types == texts{"presence_joined"});
}

CAF_TEST(a crash loses nobody) {
  auto one = session();
  auto id = join(one, 1, first_id);
  pass(1000ms);
  stop();
  start();
  CAF_CHECK(ids_for(1, role::user) == texts{id});
  pass(10s);
  CAF_CHECK(written.types == texts{"presence_joined"});
  leave(one);
  CAF_CHECK_EQUAL(counts().alive, 0);
  pass(7s);
  CAF_CHECK(written.types == texts({"presence_joined", "presence_left"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
