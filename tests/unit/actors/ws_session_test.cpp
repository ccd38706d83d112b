#define CAF_SUITE ws_session
#include "tests/support/ws_scene.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

struct fixture : ws_scene {
  bool closed() const { return client.closed != close_code::no_status; }

  void revoke(const revocation& x, int64_t position) {
    auto row = access_revoked(x, timestamp{1});
    row.position = position;
    commit(row);
    deliver({row});
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(ws_session_tests, fixture)

CAF_TEST(a good token gives the first ack) {
  hub_at.position = 7;
  stream.last = 7;
  rules.mark->advance(7);
  open_as(1);
  auto ack = last();
  CAF_CHECK_EQUAL(client.got.size(), 1u);
  CAF_CHECK_EQUAL(std::string{ack["type"].GetString()}, "ack");
  CAF_CHECK_EQUAL(std::string{ack["event_id"].GetString()}, place(7));
  CAF_CHECK_EQUAL(std::string{ack["ack_event_id"].GetString()},
                  "initial_connect");
  auto& data = ack["data"];
  CAF_CHECK_EQUAL(std::string{data["connection_id"].GetString()}, given_id);
  CAF_CHECK_EQUAL(std::string{data["user_id"].GetString()}, "1");
  CAF_CHECK_EQUAL(data["heartbeat_interval"].GetInt64(), 30);
  CAF_CHECK_EQUAL(data["heartbeat_timeout"].GetInt64(), 60);
  CAF_CHECK(!data["resumed"].GetBool());
  CAF_REQUIRE_EQUAL(hub_at.joined.size(), 1u);
  CAF_CHECK_EQUAL(hub_at.joined[0].user_id, 1);
  CAF_CHECK(!hub_at.joined[0].admin);
  CAF_CHECK_EQUAL(stream.asked, 0);
}

CAF_TEST(bad credentials close with 1008) {
  const std::string bad[] = {
      "x",
      token(1, "f", -1s),
      token(1, "f", 1h, token_type::refresh),
      token(9),
  };
  users.rows[3].id = 3;
  users.rows[3].is_active = false;
  for (auto& x : {bad[0], bad[1], bad[2], bad[3], token(3)}) {
    client = {};
    session_start start;
    start.token = x;
    open(std::move(start));
    CAF_CHECK(client.closed == close_code::policy);
    CAF_CHECK_EQUAL(client.reason, "Authentication failed");
    CAF_CHECK(client.got.empty());
    CAF_CHECK(client.gone);
  }
}

CAF_TEST(without credentials it waits ten seconds for them) {
  open({});
  say(R"({"type":"ping"})");
  say(R"({"type":"task_update"})");
  CAF_CHECK(taken() == texts({"pong", "error: Not authenticated"}));
  pass(9900ms);
  CAF_CHECK(!closed());
  pass(200ms);
  CAF_CHECK(client.closed == close_code::policy);
}

CAF_TEST(the first message may authenticate) {
  open({});
  say(R"({"type":"authenticate","token":")" + token(1) + "\"}");
  CAF_CHECK(taken() == texts{"ack"});
  pass(20s);
  CAF_CHECK(!closed());
}

CAF_TEST(a bad token in the first message closes) {
  open({});
  say(R"({"type":"authenticate","token":"x"})");
  CAF_CHECK(client.closed == close_code::policy);
}

CAF_TEST(what is said before the ack is answered behind it) {
  users.held = true;
  open_as(1);
  say(R"({"type":"task_update","event_id":5})");
  say(R"({"type":"ping"})");
  CAF_CHECK(taken() == texts{"pong"});
  anon_send(users_actor, answer_atom::value);
  consume_messages();
  auto ack = last();
  CAF_CHECK(taken() == texts({"ack", "ack"}));
  CAF_CHECK_EQUAL(ack["ack_event_id"].GetInt64(), 5);
  CAF_CHECK_EQUAL(std::string{ack["data"]["received_type"].GetString()},
                  "task_update");
}

CAF_TEST(nonsense is answered and changes nothing) {
  open_as(1);
  taken();
  say("{");
  CAF_CHECK(taken() == texts{"error: Invalid message format"});
  say(R"({"type":"subscribe","channels":["control"]})");
  CAF_CHECK(taken() == texts{"error: Invalid message format"});
  CAF_CHECK(!closed());
}

CAF_TEST(an anonymous client is let in where that is allowed) {
  rules.allow_anonymous = true;
  open({});
  auto ack = last();
  CAF_CHECK(ack["data"]["user_id"].IsNull());
  deliver({event_for("everyone", 1)});
  CAF_CHECK(taken() == texts({"ack", "1"}));
  say(R"({"type":"authenticate","token":")" + token(1) + "\"}");
  CAF_CHECK(taken() == texts{"ack"});
  CAF_REQUIRE_EQUAL(entries.size(), 2u);
  CAF_CHECK_EQUAL(entries[1].connection_id, given_id);
  CAF_CHECK_EQUAL(entries[1].user_id, 1);
  CAF_REQUIRE_EQUAL(hub_at.joined.size(), 2u);
  CAF_CHECK_EQUAL(hub_at.joined[1].user_id, 1);
}

CAF_TEST(the single user needs no token) {
  rules.single_user = 1;
  open({});
  CAF_CHECK_EQUAL(std::string{last()["data"]["user_id"].GetString()}, "1");
}

CAF_TEST(the sync stream is for admins) {
  session_start start;
  start.kind = session_kind::sync;
  start.token = token(1);
  open(start);
  CAF_CHECK(client.closed == close_code::policy);
  client = {};
  start.token = token(2);
  open(start);
  CAF_CHECK(taken() == texts{"connection_established"});
  say("ping");
  CAF_CHECK(taken() == texts{"pong"});
  deliver({event_for("admins", 1, "sync"), event_for("admins", 2)});
  CAF_REQUIRE_EQUAL(client.got.size(), 1u);
  CAF_CHECK_EQUAL(last()["n"].GetInt64(), 1);
}

CAF_TEST(a fresh token moves the end and keeps the place) {
  session_start start;
  start.token = token(1, "f1", 60s);
  open(std::move(start));
  taken();
  say(R"({"type":"authenticate","token":")" + token(1, "f2", 600s) + "\"}");
  CAF_CHECK(last()["data"]["renewed"].GetBool());
  taken();
  client.heard_at = clock_ms() + 65'000;
  pass(65s);
  sweep();
  CAF_CHECK(!closed());
  // The family is the new one, whatever the hub knows.
  revoke({1, false, {}, {"f1"}}, 1);
  CAF_CHECK(!closed());
  revoke({1, false, {}, {"f2"}}, 2);
  CAF_CHECK(client.closed == close_code::policy);
}

CAF_TEST(a fresh token of another user or a bad one is refused) {
  open_as(1);
  taken();
  say(R"({"type":"authenticate","token":")" + token(2) + "\"}");
  say(R"({"type":"authenticate","token":"x"})");
  CAF_CHECK(taken()
            == texts({"error: Authentication failed",
                      "error: Authentication failed"}));
  CAF_CHECK(!closed());
}

CAF_TEST(a fresh token that is revoked while it is checked ends it) {
  open_as(1);
  users.held = true;
  say(R"({"type":"authenticate","token":")" + token(1, "f2") + "\"}");
  revoke({1, false, {}, {"f2"}}, 1);
  CAF_CHECK(!closed());
  anon_send(users_actor, answer_atom::value);
  consume_messages();
  CAF_CHECK(client.closed == close_code::policy);
}

CAF_TEST(an expired token ends the session to the point) {
  session_start start;
  start.token = token(1, "f1", 8s);
  open(std::move(start));
  taken();
  pass(3s);
  sweep();
  CAF_CHECK(!closed());
  pass(6s);
  CAF_CHECK(client.closed == close_code::policy);
  CAF_CHECK_EQUAL(client.reason, "Token expired");
  CAF_CHECK(taken() == texts{"error: Token expired"});
}

CAF_TEST(a silent client is pinged and then given up) {
  open_as(1);
  taken();
  pass(29s);
  sweep();
  CAF_CHECK_EQUAL(client.pings, 0);
  pass(1s);
  sweep();
  CAF_CHECK_EQUAL(client.pings, 1);
  CAF_CHECK(taken() == texts{"ping"});
  sweep();
  CAF_CHECK_EQUAL(client.pings, 1);
  client.heard_at = clock_ms();
  pass(59s);
  sweep();
  CAF_CHECK(!closed());
  pass(1s);
  sweep();
  CAF_CHECK(client.closed == close_code::silent);
}

CAF_TEST(rights that are taken away end the session) {
  open_as(1);
  revoke({2, true, {}, {}}, 1); // somebody else's
  revoke({1, true, "f1", {}}, 2);
  revoke({1, false, {}, {"f9"}}, 3);
  CAF_CHECK(!closed());
  revoke({1, true, {}, {}}, 4); // as another role does
  CAF_CHECK(client.closed == close_code::policy);
  CAF_CHECK_EQUAL(client.reason, "Authentication failed");
  CAF_CHECK(client.gone);
}

CAF_TEST(rights taken away between the look at the user and the hub end it) {
  hub_away = true;
  open_as(1);
  auto row = access_revoked({1, true, {}, {}}, timestamp{1});
  row.position = 1;
  commit(row);
  hub_at.position = 1;
  hub_away = false;
  pass(300ms);
  CAF_CHECK(client.closed == close_code::policy);
}

CAF_TEST(rights taken away while a hub was down end it) {
  open_as(1);
  auto row = access_revoked({1, true, {}, {}}, timestamp{1});
  row.position = 1;
  commit(row);
  anon_send(session, atom::replay_v, stream_position{epoch, 1});
  consume_messages();
  CAF_CHECK(client.closed == close_code::policy);
}

CAF_TEST(what was taken away before it came does not count) {
  auto row = access_revoked({1, true, {}, {}}, timestamp{1});
  row.position = 1;
  commit(row);
  hub_at.position = 1;
  open_as(1, place(0));
  CAF_CHECK(!closed());
  CAF_CHECK(taken() == texts{"ack"});
}

CAF_TEST(without a hub or users it gives up with 1013) {
  hub_away = true;
  open_as(1);
  pass(5s);
  CAF_CHECK(!closed());
  pass(10s);
  CAF_CHECK(client.closed == close_code::overloaded);
  client = {};
  users.away = true;
  open_as(1);
  CAF_CHECK(client.closed == close_code::overloaded);
}

CAF_TEST(it ends when the client is gone or it is told to) {
  open_as(1);
  anon_send(session, atom::stop_v);
  consume_messages();
  CAF_CHECK(client.gone);
  CAF_CHECK(!closed());
  client = {};
  open_as(1);
  anon_send(session, atom::stop_v, close_code::going_away, std::string{"bye"});
  consume_messages();
  CAF_CHECK(client.closed == close_code::going_away);
  CAF_CHECK(client.gone);
}

CAF_TEST_FIXTURE_SCOPE_END()
