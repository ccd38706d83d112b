#define CAF_SUITE ws_session_end
#include "tests/support/served.hpp"
#include "tests/support/stepped_clock.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

const settings_map shared_key{
    {"JWT_SECRET_KEY", "0123456789abcdef0123456789abcdef"}};

/// How long it took from a 2xx answer to `by` until the socket was closed with
/// 1008.
std::chrono::milliseconds closes(ws_client& socket, const answer& by) {
  if (by.status / 100 != 2)
    CAF_FAIL(by.status << ' ' << by.body);
  auto begin = std::chrono::steady_clock::now();
  CAF_CHECK_EQUAL(socket.end().code, 1008);
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
}

void still_lives(ws_client& socket) {
  CAF_CHECK(socket.ask(R"({"type":"ping"})", "pong").position() >= 0);
}

/// The id of the caller's newest session.
std::string newest_session(api& client) {
  auto list = client.get("/api/v1/auth/sessions").json();
  auto& rows = list.IsArray() ? list : list.FindMember("sessions")->value;
  return std::to_string(rows[0]["id"].GetInt64());
}

} // namespace

CAF_TEST(a user who is deactivated loses all sockets within a second) {
  for_each_database([](served& x) {
    x.client.sign_up("ann"); // user 2
    auto first = subscriber(x.server.port(), x.client.token);
    x.client.log_in("ann");
    auto second = subscriber(x.server.port(), x.client.token);
    x.client.sign_up("bob");
    auto other = subscriber(x.server.port(), x.client.token);
    x.log_in_admin();
    auto done = x.client.send("PATCH", "/api/v1/admin/users/2",
                              R"({"is_active":false})");
    CAF_CHECK(closes(*first, done) < 1s);
    CAF_CHECK(closes(*second, done) < 1s);
    still_lives(*other);
  });
}

CAF_TEST(a session that is ended takes its sockets and no others) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto older = subscriber(x.server.port(), x.client.token);
    auto old_token = x.client.token;
    x.client.log_in("ann");
    auto newer = subscriber(x.server.port(), x.client.token);
    auto id = newest_session(x.client);
    x.client.token = old_token;
    CAF_CHECK(closes(*newer, x.client.del("/api/v1/auth/sessions/" + id)) < 1s);
    still_lives(*older);
    CAF_CHECK(closes(*older, x.client.del("/api/v1/auth/sessions")) < 1s);
  });
}

CAF_TEST(a new password spares the session that set it) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto other = subscriber(x->server.port(), x->client.token);
  x->client.log_in("ann");
  auto own = subscriber(x->server.port(), x->client.token);
  auto done = x->client.post(
      "/api/v1/auth/change-password",
      R"({"current_password":"Passw0rd!","new_password":"N3wPassw0rd!"})");
  CAF_CHECK(closes(*other, done) < 1s);
  still_lives(*own);
}

CAF_TEST(who is deactivated by another process loses sockets as well) {
  auto x = serve_postgres(shared_key);
  auto options = x->options();
  options.data = x->folder.path() / "second";
  server_process second{options};
  x->client.sign_up("ann");
  auto id = x->client.get("/api/v1/auth/me").text("id");
  auto far = subscriber(second.port(), x->client.token);
  x->log_in_admin();
  CAF_CHECK(closes(*far, x->client.send("PATCH", "/api/v1/admin/users/" + id,
                                        R"({"is_active":false})"))
            < 2s);
}

CAF_TEST(a token ends with its time and a fresh one goes on) {
  temporary_folder folder;
  stepped_clock clock{folder.path()};
  auto env = clock.env();
  env["JWT_EXPIRATION_MINUTES"] = "1";
  auto x = serve_sqlite(env);
  x->client.sign_up("ann");
  clock.step(50); // it ends in 10 s
  auto begin = std::chrono::steady_clock::now();
  auto ends = subscriber(x->server.port(), x->client.token);
  auto goes_on = subscriber(x->server.port(), x->client.token);
  x->client.log_in("ann");
  clock.step(
      95); // the fresh one ends in 15 s; what counts already is not moved
  goes_on->ask(R"({"type":"authenticate","token":")" + x->client.token + "\"}",
               "ack");
  auto got = ends->expect("error");
  CAF_CHECK_EQUAL(got.member("error"), "Token expired");
  CAF_CHECK_EQUAL(ends->end().code, 1008);
  auto took = std::chrono::steady_clock::now() - begin;
  CAF_CHECK(took > 5s && took < 14s);
  still_lives(*goes_on);
  CAF_CHECK_EQUAL(goes_on->expect("error").member("error"), "Token expired");
  CAF_CHECK_EQUAL(goes_on->end().code, 1008);
}
