#define CAF_SUITE postgres_faults
#include "tests/support/certificate.hpp"
#include "tests/support/database_proxy.hpp"
#include "tests/support/postgres_session.hpp"
#include "tests/support/row_lock.hpp"
#include "tests/support/temporary_postgres.hpp"
#include "tests/support/until.hpp"
#include "tests/support/writer.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>
#include <thread>

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

/// The name in `postgresql:///name?...`.
std::string name_of(const std::string& url) {
  constexpr size_t start = 14;
  return url.substr(start, url.find('?') - start);
}

/// With the network in between; the scene itself counts past it.
std::unique_ptr<served> serve_through(const database_proxy& proxy) {
  auto url = temporary_postgres::shared().new_database();
  auto name = name_of(url);
  auto x = std::make_unique<served>(
      url, settings_map{{"DB_DEADLINE_MS", "2000"},
                        {"DATABASE_URL", "postgresql://callboard@127.0.0.1:"
                                             + std::to_string(proxy.port())
                                             + '/' + name}});
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

/// The database goes and comes back so often while clients write.
template <class F, class G>
void check_outages(int times, F go, G come_back) {
  auto x = serve();
  auto& server = temporary_postgres::shared();
  writers load{4, x->server.port(), x->client.token};
  for (int i = 0; i < times; ++i) {
    std::this_thread::sleep_for(300ms); // the load that is interrupted
    go(server);
    until(x->client, "/api/v1/readiness", 503);
    come_back(server);
    CAF_CHECK(until(x->client, "/api/v1/readiness", 200) < 5s);
  }
  load.finish();
  CAF_CHECK(load.refused > 0);
  CAF_CHECK_EQUAL(load.broken, 0);
  CAF_REQUIRE(load.kept > 20);
  check_history(*x, x->client, load.acknowledged);
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
  check_outages(
      rounds(3, 30), [](auto& x) { x.stop(); }, [](auto& x) { x.start(); });
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
    // Anywhere in a transaction; now and then there is time for some.
    std::this_thread::sleep_for(std::chrono::milliseconds{10 + i * 37 % 120});
    killer.end_the_others();
  }
  load.finish();
  CAF_CHECK(load.refused > 0);
  CAF_CHECK_EQUAL(load.broken, 0);
  CAF_REQUIRE(load.kept > 20);
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
  // One session is ready; the one that writes may still find no room.
  auto ready = std::chrono::steady_clock::now();
  CAF_CHECK(eventually(
      [&] { return x->client.post("/api/v1/tasks", task).status == 201; }));
  CAF_CHECK(std::chrono::steady_clock::now() - ready < 5s);
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

CAF_TEST(a commit whose answer is lost is 503 and happened once) {
  database_proxy proxy{temporary_postgres::shared().socket()};
  auto x = serve_through(proxy);
  while (x->count("SELECT count(*) FROM users WHERE username = 'ann' AND "
                  "last_login IS NOT NULL")
         == 0)
    std::this_thread::sleep_for(5ms); // the login is written behind its answer
  proxy.lose_next_commit();
  auto got = x->client.post("/api/v1/tasks", task);
  CAF_CHECK(!proxy.losing());
  CAF_CHECK_EQUAL(got.status, 503);
  CAF_CHECK(!got.fields["retry-after"].empty());
  CAF_CHECK_EQUAL(x->count("SELECT count(*) FROM scheduled_tasks"), 1);
  CAF_CHECK_EQUAL(x->count("SELECT count(*) FROM events"), 1);
  until(x->client, "/api/v1/readiness", 200);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
}

CAF_TEST(connections that are reset in mid transaction lose nothing promised) {
  database_proxy proxy{temporary_postgres::shared().socket()};
  auto x = serve_through(proxy);
  writers load{4, x->server.port(), x->client.token};
  for (int i = 0; i < rounds(40, 1000); ++i) {
    // Anywhere in a transaction; now and then there is time for some.
    std::this_thread::sleep_for(std::chrono::milliseconds{10 + i * 37 % 120});
    proxy.reset_next();
  }
  load.finish();
  CAF_CHECK(load.refused > 0);
  CAF_CHECK_EQUAL(load.broken, 0);
  CAF_REQUIRE(load.kept > 20);
  until(x->client, "/api/v1/readiness", 200);
  check_history(*x, x->client, load.acknowledged);
}

CAF_TEST(a database frozen under load is 503 and loses nothing acknowledged) {
  check_outages(
      rounds(2, 20), [](auto& x) { x.freeze(); }, [](auto& x) { x.thaw(); });
}

CAF_TEST(a frozen database does not keep the process) {
  auto x = serve();
  auto& server = temporary_postgres::shared();
  server.freeze();
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 503);
  x->server.signal(SIGTERM);
  CAF_CHECK(x->server.wait(60s).has_value());
  server.thaw();
}

CAF_TEST(a start waits for its database and says so) {
  auto& server = temporary_postgres::shared();
  auto url = server.new_database();
  server.stop();
  temporary_folder folder;
  server_options options{folder.path() / "data", {{"DATABASE_URL", url}}};
  options.wait_for_port = false;
  server_process waiting{options};
  auto says = [](const server_process& x, const char* text) {
    auto end = std::chrono::steady_clock::now() + 20s;
    while (x.output().find(text) == std::string::npos
           && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(20ms); // its output announces nothing
    return x.output().find(text) != std::string::npos;
  };
  constexpr auto patience = "database unavailable, trying again";
  CAF_CHECK(says(waiting, patience));
  server.start();
  CAF_CHECK(says(waiting, "\"listening\""));
  server.stop();
  server_process ended{options};
  CAF_CHECK(says(ended, patience));
  ended.signal(SIGTERM);
  CAF_CHECK_EQUAL(ended.wait(20s).value_or(-1), 1); // not its 30 s
  server.start();
}

CAF_TEST(production trusts the certificate of its database and no other) {
  constexpr auto address = "127.0.0.7"; // whose port is nobody else's
  certificate good{address};
  certificate foreign{address};
  auto& server = temporary_postgres::shared();
  auto url = server.new_database();
  auto name = name_of(url);
  server.stop();
  server.start({"-c", std::string{"listen_addresses="} + address, "-c",
                "ssl=on", "-c", "ssl_cert_file=" + server.give(good.cert()),
                "-c", "ssl_key_file=" + server.give(good.key())});
  auto options = [&](const std::string& ca, const temporary_folder& folder) {
    server_options out{folder.path() / "data", {}};
    out.env = {{"ENVIRONMENT", "production"},
               {"JWT_SECRET_KEY", "an unguessable key of forty characters!!"},
               {"PASSWORD_COST", "12"},
               {"DATABASE_URL", "postgresql://callboard@" + std::string{address}
                                    + '/' + name + "?sslmode=verify-full"
                                    + "&sslrootcert=" + ca}};
    return out;
  };
  temporary_folder a;
  server_process accepted{options(good.cert(), a)};
  api client{accepted.port()};
  CAF_CHECK_EQUAL(client.get("/api/v1/readiness").status, 200);
  temporary_folder b;
  auto wrong = options(foreign.cert(), b);
  wrong.wait_for_port = false;
  server_process refused{wrong};
  CAF_CHECK_EQUAL(refused.wait(60s).value_or(-1), 1);
  CAF_CHECK(refused.output().find("certificate verify failed")
            != std::string::npos);
  server.stop();
  server.start();
}

CAF_TEST(a name that another process takes meanwhile is 400 and named) {
  auto x = serve({});
  row_lock other{x->database_url,
                 "INSERT INTO users (username, email, email_folded, "
                 "hashed_password) VALUES ('bob', 'b@x.org', 'b@x.org', 'x')"};
  std::thread waits{[&] {
    api client{x->server.port()};
    auto got = client.post("/api/v1/auth/register",
                           R"({"username":"bob","email":"bob@example.com",)"
                           R"("password":"Passw0rd!"})");
    CAF_CHECK_EQUAL(got.status, 400);
    CAF_CHECK_EQUAL(got.detail(), "Username already registered");
  }};
  std::this_thread::sleep_for(300ms); // longer than a brief lock
  other.commit();
  waits.join();
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
