#define CAF_SUITE postgres_faults
#include "tests/support/postgres_session.hpp"
#include "tests/support/row_lock.hpp"
#include "tests/support/temporary_postgres.hpp"
#include "tests/support/until.hpp"
#include "tests/support/writer.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr auto task = R"({"skill_name":"x","schedule_cron":"0 9 * * *"})";

std::unique_ptr<served> serve(settings_map env = {{"DB_DEADLINE_MS", "2000"}}) {
  auto x = serve_postgres(std::move(env));
  x->client.sign_up("ann");
  return x;
}

/// A trigger on the tasks with this body.
std::string on_insert(const std::string& when, const std::string& body) {
  return "CREATE SEQUENCE turn; CREATE FUNCTION trap() RETURNS trigger AS $$ "
         "BEGIN "
         + body + " RETURN NEW; END $$ LANGUAGE plpgsql; CREATE " + when
         + " FOR EACH ROW EXECUTE FUNCTION trap()";
}

} // namespace

CAF_TEST(
    a database that is gone gives 503 with a hint and comes back by itself) {
  auto x = serve();
  auto& server = temporary_postgres::shared();
  server.stop();
  CAF_CHECK(until(x->client, "/api/v1/readiness", 503) < 5s);
  auto refused = x->client.post("/api/v1/tasks", task);
  CAF_CHECK_EQUAL(refused.status, 503);
  CAF_CHECK(!refused.fields["retry-after"].empty());
  CAF_CHECK_EQUAL(x->client.get("/api/v1/readiness").text("reason"),
                  "database_unavailable");
  auto health = x->client.get("/health");
  CAF_CHECK_EQUAL(health.status, 200);
  CAF_CHECK_EQUAL(health.text("database"), "disconnected");
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").status, 200);
  server.start();
  CAF_CHECK(until(x->client, "/api/v1/readiness", 200) < 5s);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
}

CAF_TEST(nothing acknowledged is lost when the database dies under load) {
  auto x = serve();
  auto& server = temporary_postgres::shared();
  writers load{4, x->server.port(), x->client.token};
  for (int i = 0; i < rounds(3, 30); ++i) {
    std::this_thread::sleep_for(300ms); // the load that is interrupted
    server.stop();
    until(x->client, "/api/v1/readiness", 503);
    server.start();
    CAF_CHECK(until(x->client, "/api/v1/readiness", 200) < 5s);
  }
  load.finish();
  CAF_CHECK(load.refused > 0);
  CAF_CHECK_EQUAL(load.broken, 0);
  CAF_REQUIRE(load.acknowledged.size() > 20);
  check_history(*x, x->client, load.acknowledged);
}

CAF_TEST(a frozen database is answered for within the deadline) {
  auto x = serve();
  auto& server = temporary_postgres::shared();
  server.freeze();
  auto begin = std::chrono::steady_clock::now();
  auto got = x->client.post("/api/v1/tasks", task);
  auto took = std::chrono::steady_clock::now() - begin;
  CAF_CHECK_EQUAL(got.status, 503);
  CAF_CHECK(!got.fields["retry-after"].empty());
  CAF_CHECK(took < 4s);
  until(x->client, "/api/v1/readiness", 503);
  server.thaw();
  CAF_CHECK(until(x->client, "/api/v1/readiness", 200) < 5s);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
}

CAF_TEST(sessions that end in mid transaction lose nothing acknowledged) {
  auto x = serve();
  writers load{4, x->server.port(), x->client.token};
  postgres_session killer{x->database_url};
  for (int i = 0; i < rounds(40, 1000); ++i) {
    std::this_thread::sleep_for(25ms); // anywhere in a transaction
    killer.end_the_others();
  }
  load.finish();
  CAF_CHECK(load.refused > 0);
  CAF_CHECK_EQUAL(load.broken, 0);
  CAF_REQUIRE(load.acknowledged.size() > 20);
  until(x->client, "/api/v1/readiness", 200);
  check_history(*x, x->client, load.acknowledged);
}

CAF_TEST(a server without room for our sessions is 503 until there is some) {
  auto x = serve();
  std::vector<std::unique_ptr<postgres_session>> others;
  auto fill = [&] {
    do
      others.push_back(std::make_unique<postgres_session>(x->database_url));
    while (others.back()->connected() && others.size() < 1000);
  };
  fill();
  CAF_REQUIRE(others.size() > 1 && others.size() < 1000);
  auto end = std::chrono::steady_clock::now() + 10s;
  int status = 0;
  while (status != 503 && std::chrono::steady_clock::now() < end) {
    // Ours are ended, and their places taken, until it gets none.
    others.front()->run("SELECT pg_terminate_backend(pid) FROM "
                        "pg_stat_activity WHERE application_name = "
                        "'callboard'");
    fill();
    status = x->client.post("/api/v1/tasks", task).status;
  }
  CAF_CHECK_EQUAL(status, 503);
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").status, 200);
  others.clear();
  CAF_CHECK(until(x->client, "/api/v1/readiness", 200) < 5s);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
}

CAF_TEST(serialisation failures and deadlocks are tried again unseen) {
  for (std::string code : {"40001", "40P01"}) {
    auto x = serve();
    postgres_session{x->database_url}.run(
        on_insert("TRIGGER t BEFORE INSERT ON scheduled_tasks",
                  "IF nextval('turn') % 3 > 0 THEN RAISE EXCEPTION USING "
                  "ERRCODE = '"
                      + code + "'; END IF;"));
    for (int i = 0; i < 10; ++i)
      CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
    CAF_CHECK_EQUAL(x->count("SELECT count(*) FROM scheduled_tasks"), 10);
    CAF_CHECK(x->count("SELECT last_value FROM turn") >= 28);
  }
}

CAF_TEST(a connection lost during the commit is 503 and never tried again) {
  auto x = serve();
  postgres_session{x->database_url}.run(
      on_insert("CONSTRAINT TRIGGER t AFTER INSERT ON scheduled_tasks "
                "DEFERRABLE INITIALLY DEFERRED",
                "PERFORM nextval('turn'), "
                "pg_terminate_backend(pg_backend_pid());"));
  auto got = x->client.post("/api/v1/tasks", task);
  CAF_CHECK_EQUAL(got.status, 503);
  CAF_CHECK(!got.fields["retry-after"].empty());
  CAF_CHECK_EQUAL(x->count("SELECT last_value FROM turn"), 1);
  CAF_CHECK_EQUAL(x->count("SELECT count(*) FROM scheduled_tasks"), 0);
  postgres_session{x->database_url}.run("DROP TRIGGER t ON scheduled_tasks");
  until(x->client, "/api/v1/readiness", 200);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
}

CAF_TEST(a row locked by somebody else holds up nobody but its own callers) {
  auto x = serve({});
  auto locked = x->client.post("/api/v1/tasks", task).number("id");
  auto free = x->client.post("/api/v1/tasks", task).number("id");
  row_lock lock{x->database_url, "SELECT 1 FROM scheduled_tasks WHERE id = "
                                     + std::to_string(locked) + " FOR UPDATE"};
  auto put = [&](int64_t id) {
    api client{x->server.port()};
    client.token = x->client.token;
    return client.put("/api/v1/tasks/" + std::to_string(id), R"({"title":"t"})")
        .status;
  };
  int blocked = 0;
  std::thread waits{[&] { blocked = put(locked); }};
  std::this_thread::sleep_for(300ms); // its lock timeout has passed
  for (int i = 0; i < 10; ++i)
    CAF_CHECK_EQUAL(put(free), 200);
  lock.release();
  waits.join();
  CAF_CHECK_EQUAL(blocked, 200);
}
