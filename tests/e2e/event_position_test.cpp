#define CAF_SUITE event_position
#include "protocols/realtime.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr auto task = R"({"skill_name":"x","schedule_cron":"0 9 * * *"})";

/// What the answer says, -1 if it says nothing.
int64_t position_of(answer& got) {
  auto found = got.fields.find("x-event-position");
  if (found == got.fields.end())
    return -1;
  auto place = read_stream_position(found->second);
  if (!place)
    CAF_ERROR("no place: " << found->second);
  return place ? place->position : -1;
}

int64_t position_of(answer&& got) { return position_of(got); }

int64_t newest(const served& x) {
  return x.count("SELECT position FROM event_position");
}

} // namespace

CAF_TEST(a list is older than the write that comes after it) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    api other{x.server.port()};
    other.sign_up("bob");
    for (int i = 0; i < 5; ++i) {
      auto list = x.client.get("/api/v1/tasks");
      auto made = other.post("/api/v1/tasks", task);
      CAF_CHECK_EQUAL(made.status, 201);
      CAF_CHECK(position_of(list) >= 0);
      CAF_CHECK(position_of(list) < position_of(made));
      // And the next one is not older than what its client was told.
      CAF_CHECK(position_of(x.client.get("/api/v1/tasks"))
                >= position_of(made));
    }
  });
}

CAF_TEST(a write tells where its own event is) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post("/api/v1/tasks", task);
    auto path = "/api/v1/tasks/" + made.text("id");
    auto own = [&] {
      return x.count("SELECT max(position) FROM events WHERE task_id = "
                     + made.text("id"));
    };
    CAF_CHECK_EQUAL(position_of(made), own());
    x.client.post("/api/v1/tasks", task); // somebody else's event
    auto paused = x.client.put(path, R"({"status":"disabled"})");
    CAF_CHECK_EQUAL(paused.status, 200);
    CAF_CHECK_EQUAL(position_of(paused), own());
    x.client.post("/api/v1/tasks", task);
    auto removed = x.client.del(path);
    CAF_CHECK_EQUAL(position_of(removed), own());
    CAF_CHECK_EQUAL(own(), newest(x));
  });
}

CAF_TEST(a write without an event tells the place of now) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post("/api/v1/tasks", task);
    auto path = "/api/v1/tasks/" + made.text("id");
    CAF_CHECK_EQUAL(position_of(x.client.put(path, R"({"title":"t"})")),
                    newest(x));
    CAF_CHECK_EQUAL(
        position_of(x.client.put("/api/v1/auth/me", R"({"full_name":"Ann"})")),
        newest(x));
  });
}

CAF_TEST(a repeated answer has the place of now) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    x.client.extra = {"Idempotency-Key: k"};
    auto first = x.client.post("/api/v1/tasks", task);
    x.client.extra = {};
    x.client.post("/api/v1/tasks", task);
    x.client.extra = {"Idempotency-Key: k"};
    auto again = x.client.post("/api/v1/tasks", task);
    CAF_CHECK_EQUAL(again.body, first.body);
    CAF_CHECK_EQUAL(position_of(first), 1);
    CAF_CHECK_EQUAL(position_of(again), 2);
  });
}

CAF_TEST(every good answer to a known caller has a place and no other) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post("/api/v1/tasks", task);
    auto path = "/api/v1/tasks/" + made.text("id");
    for (auto& good :
         {std::string{"/api/v1/tasks"}, path, std::string{"/api/v1/auth/me"},
          std::string{"/api/tasks"}, std::string{"/api/projects"}})
      CAF_CHECK(position_of(x.client.get(good)) >= 0);
    auto item = x.client.get(path);
    x.client.extra = {"If-None-Match: " + item.fields["etag"]};
    auto same = x.client.get(path);
    CAF_CHECK_EQUAL(same.status, 304);
    CAF_CHECK(position_of(same) >= 0); // what it has is as new as this
    x.client.extra = {};
    CAF_CHECK_EQUAL(position_of(x.client.get("/api/v1/tasks/99")), -1);
    CAF_CHECK_EQUAL(position_of(x.client.post("/api/v1/tasks", "{}")), -1);
    CAF_CHECK_EQUAL(position_of(x.client.get("/api/v1/liveness")), -1);
    x.client.token.clear();
    CAF_CHECK_EQUAL(position_of(x.client.get("/api/v1/tasks")), -1);
  });
}

CAF_TEST(the place has the epoch of the stream and outlives a restart) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post("/api/v1/tasks", task);
    auto before = made.fields["x-event-position"];
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM event_stream WHERE '" + before
                            + "' = CAST(epoch AS text) || '-1'"),
                    1);
    x.server.signal(SIGTERM);
    CAF_REQUIRE(x.server.wait(30s));
    server_process again{x.options()};
    api client{again.port()};
    client.log_in("ann");
    auto list = client.get("/api/v1/tasks");
    CAF_CHECK_EQUAL(list.fields["x-event-position"], before);
  });
}

CAF_TEST(a page may read the place) {
  auto x = serve_sqlite({{"CORS_ORIGINS", R"(["http://localhost:5173"])"}});
  x->client.extra = {"Origin: http://localhost:5173"};
  auto got = x->client.get("/api/v1/liveness");
  CAF_CHECK(got.fields["access-control-expose-headers"].find("X-Event-Position")
            != std::string::npos);
}
