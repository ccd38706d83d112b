#define CAF_SUITE ws_resume
#include "tests/support/served.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <csignal>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

using positions = std::vector<int64_t>;

/// All processes of a scene take the same tokens.
const settings_map shared_key{
    {"JWT_SECRET_KEY", "0123456789abcdef0123456789abcdef"}};

std::string create(api& client) {
  auto made = client.post("/api/v1/tasks",
                          R"({"skill_name":"x","schedule_cron":"0 9 * * 1"})");
  CAF_REQUIRE_EQUAL(made.status, 201);
  return "/api/v1/tasks/" + std::to_string(made.number("id"));
}

/// `n` changes, of which each makes one event.
void change(api& client, const std::string& path, int n) {
  static int turn = 0;
  for (int i = 0; i < n; ++i)
    CAF_REQUIRE_EQUAL(client
                          .put(path, ++turn % 2 == 0
                                         ? R"({"status":"completed"})"
                                         : R"({"status":"running"})")
                          .status,
                      200);
}

positions next_events(ws_client& from, int n) {
  positions out;
  for (int i = 0; i < n; ++i)
    out.push_back(from.expect("task_status_update").position());
  return out;
}

/// The positions of all events behind one, from the database.
positions kept(const served& x, int64_t after) {
  return x.column("SELECT position FROM events WHERE channel <> 'control' AND "
                  "position > "
                  + std::to_string(after) + " ORDER BY position");
}

ws_request resume(const std::string& token, const std::string& id) {
  return with_token(token, "last_event_id=" + id);
}

void check_resumed(ws_client& again, const std::string& id,
                   const positions& missed) {
  auto ack = again.expect("ack");
  CAF_CHECK_EQUAL(ack.member("ack_event_id"), id);
  CAF_CHECK_EQUAL(ack.member("data.resumed"), "true");
  CAF_CHECK_EQUAL(ack.number("data.replayed"),
                  static_cast<int64_t>(missed.size()));
  CAF_CHECK(next_events(again, static_cast<int>(missed.size())) == missed);
}

int64_t place(const std::string& id) {
  return std::stoll(id.substr(id.rfind('-') + 1));
}

/// The position of an `event_id` replaced.
std::string at(std::string id, int64_t position) {
  return id.substr(0, id.rfind('-') + 1) + std::to_string(position);
}

void check_gap(uint16_t port, const std::string& token, const std::string& id) {
  ws_client client{port, resume(token, id)};
  auto ack = client.expect("ack");
  CAF_CHECK_EQUAL(ack.member("data.resumed"), "false");
  CAF_CHECK_EQUAL(ack.member("data.gap"), "true");
  CAF_CHECK_EQUAL(ack.number("data.replayed"), 0);
}

} // namespace

CAF_TEST(D25 what was missed while away comes first and then what is new) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto task = create(x.client);
    auto client = subscriber(x.server.port(), x.client.token);
    change(x.client, task, 3);
    next_events(*client, 2);
    auto last = client->expect("task_status_update");
    client->drop();
    change(x.client, task, 5);
    auto missed = kept(x, last.position());
    CAF_REQUIRE_EQUAL(missed.size(), 5u);
    auto id = last.member("event_id");
    ws_client again{x.server.port(), resume(x.client.token, id)};
    check_resumed(again, id, missed);
    change(x.client, task, 1);
    CAF_CHECK(next_events(again, 1) == kept(x, missed.back()));
    // Nobody else has what was hers.
    x.client.sign_up("bob");
    ws_client foreign{x.server.port(), resume(x.client.token, id)};
    check_resumed(foreign, id, {});
  });
}

CAF_TEST(a long absence is replayed whole and in order) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto task = create(x->client);
  auto client = subscriber(x->server.port(), x->client.token);
  change(x->client, task, 1);
  auto id = client->expect("task_status_update").member("event_id");
  client->drop();
  change(x->client, task, 1200); // more than a page of rows
  auto missed = kept(*x, place(id));
  ws_client again{x->server.port(), resume(x->client.token, id)};
  check_resumed(again, id, missed);
}

CAF_TEST(a client resumes after a restart and after kill - 9) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto task = create(x.client);
    auto client = subscriber(x.server.port(), x.client.token);
    change(x.client, task, 2);
    next_events(*client, 1);
    auto id = client->expect("task_status_update").member("event_id");
    change(x.client, task, 3); // maybe on its way, and not read
    auto token = x.client.token;
    x.server.signal(SIGKILL);
    x.server.wait(10s);
    auto position = place(id);
    for (int number : {SIGTERM, SIGKILL}) {
      server_process server{x.options()};
      api rest{server.port()};
      rest.token = token;
      auto missed = kept(x, position);
      CAF_CHECK(missed.size() >= 3);
      ws_client again{server.port(), resume(token, id)};
      check_resumed(again, id, missed);
      change(rest, task, 2);
      CAF_CHECK(next_events(again, 2) == kept(x, missed.back()));
      server.signal(number);
      again.end(); // else a goodbye waits for its answer
      CAF_REQUIRE(server.wait(40s));
    }
  });
}

CAF_TEST(an unknown position is told as a gap) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto task = create(x.client);
    auto client = subscriber(x.server.port(), x.client.token);
    change(x.client, task, 1);
    auto id = client->expect("task_status_update").member("event_id");
    for (auto& bad :
         {std::string{"nonsense"}, std::string{"-1"}, at(id, 1'000'000),
          "00000000-0000-4000-8000-000000000000" + id.substr(36)})
      check_gap(x.server.port(), x.client.token, bad);
  });
}

CAF_TEST(a pruned position is told as a gap and the one behind it is not ) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto task = create(x.client);
    auto client = subscriber(x.server.port(), x.client.token);
    change(x.client, task, 6);
    auto first = client->expect("task_status_update");
    auto rest = next_events(*client, 5);
    x.server.signal(SIGTERM);
    client->end();
    x.server.wait(40s);
    auto pruned = std::to_string(rest[2]);
    x.count("UPDATE event_stream SET pruned_to = " + pruned
            + " RETURNING pruned_to");
    x.count("DELETE FROM events WHERE position <= " + pruned
            + " RETURNING position");
    server_process server{x.options()};
    auto id = first.member("event_id");
    check_gap(server.port(), x.client.token, id);
    check_gap(server.port(), x.client.token, at(id, rest[1]));
    ws_client good{server.port(), resume(x.client.token, at(id, rest[2]))};
    check_resumed(good, at(id, rest[2]), {rest[3], rest[4]});
  });
}

CAF_TEST(two processes on one database have one stream) {
  auto x = serve_postgres(shared_key);
  auto options = x->options();
  options.data = x->folder.path() / "second";
  server_process second{options};
  x->client.sign_up("ann");
  auto& token = x->client.token;
  api there{second.port()};
  there.token = token;
  auto here = subscriber(x->server.port(), token);
  auto far = subscriber(second.port(), token);
  auto task = create(x->client);
  for (auto& socket : {here.get(), far.get()})
    socket->expect("calendar_event_created");
  for (int i = 0; i < 10; ++i) {
    change(x->client, task, 1);
    change(there, task, 1);
  }
  auto heard = next_events(*here, 20);
  CAF_CHECK(next_events(*far, 20) == heard);
  CAF_CHECK(std::is_sorted(heard.begin(), heard.end()));
  auto id = at(here->ask(R"({"type":"ping"})", "pong").member("event_id"),
               heard[9]);
  ws_client moved{second.port(), resume(token, id)}; // to the other one
  check_resumed(moved, id, {heard.begin() + 10, heard.end()});
}

CAF_TEST(who loads and then subscribes misses nothing between) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto task = create(x.client);
    change(x.client, task, 2);
    auto loaded = x.client.get("/api/v1/tasks");
    auto id = loaded.fields["x-event-position"];
    CAF_REQUIRE(!id.empty());
    change(x.client, task, 3); // between the two
    auto missed = kept(x, place(id));
    CAF_CHECK(missed.size() >= 3);
    ws_client at_once{x.server.port(), resume(x.client.token, id)};
    check_resumed(at_once, id, missed);
    auto later = subscriber(x.server.port(), x.client.token);
    auto ack = later->ask(R"({"type":"subscribe","channels":["tasks"],)"
                          R"("since":")"
                              + id + "\"}",
                          "ack");
    CAF_CHECK_EQUAL(ack.member("data.resumed"), "true");
    CAF_CHECK(next_events(*later, static_cast<int>(missed.size())) == missed);
    // A write tells which event is its echo.
    auto put = x.client.put(task, R"({"status":"failed"})");
    CAF_CHECK_EQUAL(later->expect("task_status_update").member("event_id"),
                    put.fields["x-event-position"]);
  });
}
