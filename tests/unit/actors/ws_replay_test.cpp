#define CAF_SUITE ws_replay
#include "tests/support/ws_scene.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

texts operator+(texts a, const texts& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct fixture : ws_scene {
  /// User 1's and user 2's in turn; the odd ones are user 1's.
  void commit_to(int64_t last) {
    for (auto i = stream.last + 1; i <= last; ++i)
      commit(event_for(i % 2 == 1 ? "1" : "2", i));
    hub_at.position = last;
  }

  static texts odd(int64_t first, int64_t last) {
    texts out;
    for (auto i = first; i <= last; ++i)
      if (i % 2 == 1)
        out.push_back(std::to_string(i));
    return out;
  }

  /// What the hub has for user 1 of these.
  void hear(int64_t first, int64_t last) {
    std::vector<event> rows;
    for (auto i = first; i <= last; ++i)
      if (i % 2 == 1)
        rows.push_back(event_for("1", i));
    deliver(std::move(rows));
  }

  void catch_up(int64_t to) {
    anon_send(session, atom::replay_v, stream_position{epoch, to});
    consume_messages();
  }

  /// The socket wrote all that waited.
  void drain() {
    client.waiting = 0;
    if (std::exchange(client.wants_room, false))
      anon_send(session, atom::touch_v);
    consume_messages();
  }

  std::string id_of(const std::string& text) {
    auto x = parse_json(text);
    CAF_REQUIRE(x);
    return (*x)["event_id"].GetString();
  }
};

const texts ack{"ack"};

} // namespace

CAF_TEST_FIXTURE_SCOPE(ws_replay_tests, fixture)

CAF_TEST(from any place each event comes once and in order) {
  commit_to(40);
  stream.page = 7;
  for (size_t max_kept : {size_t{0}, size_t{3}, size_t{1000}}) {
    rules.max_kept = max_kept;
    for (int64_t from = 0; from <= 40; ++from) {
      client = {};
      open_as(1, place(from));
      auto first = parse_json(client.got.front());
      CAF_REQUIRE(first);
      auto& data = (*first)["data"];
      auto wanted = odd(from + 1, 40);
      CAF_CHECK(data["resumed"].GetBool());
      CAF_CHECK_EQUAL(data["replayed"].GetUint64(), wanted.size());
      CAF_CHECK_EQUAL(std::string{(*first)["ack_event_id"].GetString()},
                      place(from));
      CAF_CHECK_EQUAL(id_of(client.got.front()), place(from));
      if (taken() != ack + wanted)
        CAF_ERROR("wrong behind " << from << " keeping " << max_kept);
      hear(41, 43);
      CAF_CHECK(taken() == odd(41, 43));
    }
  }
}

CAF_TEST(the ids of replayed events are those of the rows) {
  commit_to(3);
  open_as(1, place(0));
  CAF_REQUIRE_EQUAL(client.got.size(), 3u);
  CAF_CHECK_EQUAL(id_of(client.got[1]), place(1));
  CAF_CHECK_EQUAL(id_of(client.got[2]), place(3));
}

CAF_TEST(a place that is not there is a gap and the session goes on) {
  commit_to(20);
  stream.pruned_to = 10;
  for (auto& from : {place(5), place(99), std::string{"nonsense"},
                     to_text({"0190f5b2-0000-4000-8000-000000000002", 15})}) {
    client = {};
    open_as(1, from);
    auto data = last();
    CAF_CHECK(!data["data"]["resumed"].GetBool());
    CAF_CHECK(data["data"]["gap"].GetBool());
    CAF_CHECK(taken() == ack);
    hear(21, 21);
    CAF_CHECK(taken() == texts{"21"});
  }
}

CAF_TEST(more than may be replayed is a gap) {
  rules.max_replayed = 10;
  commit_to(40);
  open_as(1, place(0));
  CAF_CHECK(last()["data"]["gap"].GetBool());
  client = {};
  open_as(1, place(20)); // ten of them are for user 1
  CAF_CHECK(last()["type"].IsString());
  CAF_CHECK(taken() == ack + odd(21, 40));
}

CAF_TEST(while it catches up live events wait for their turn) {
  commit_to(10);
  stream.away = true;
  open_as(1, place(0));
  CAF_CHECK(client.got.empty());
  commit_to(13);
  hear(11, 13);
  CAF_CHECK(client.got.empty());
  stream.away = false;
  pass(300ms);
  CAF_CHECK(taken() == ack + odd(1, 13));
  hear(13, 15);
  CAF_CHECK(taken() == texts{"15"});
}

CAF_TEST(a slow client is replayed at its own pace) {
  rules.max_waiting = 5;
  commit_to(60);
  client.room = 1;
  open_as(1, place(0));
  CAF_CHECK(client.got.size() <= 6);
  CAF_CHECK(client.wants_room);
  auto asked = stream.asked;
  pass(5s);
  CAF_CHECK_EQUAL(stream.asked, asked); // nothing is read meanwhile
  for (int i = 0; i < 10; ++i)
    drain();
  CAF_CHECK(taken() == ack + odd(1, 60));
}

CAF_TEST(after a hub was away it looks for what was missed) {
  open_as(1);
  taken();
  hear(1, 1);
  commit_to(9);
  catch_up(9);
  CAF_CHECK(taken() == odd(1, 9));
  catch_up(9);
  catch_up(3);
  CAF_CHECK(client.got.empty());
  sweep(20);
  hear(19, 21); // what is up to 20 was delivered, says the hub
  CAF_CHECK(taken() == texts{"21"});
}

CAF_TEST(it ends when the stream is another one or was pruned) {
  open_as(1);
  anon_send(session, atom::replay_v,
            stream_position{"0190f5b2-0000-4000-8000-000000000002", 1});
  consume_messages();
  CAF_CHECK(client.closed == close_code::internal);
  client = {};
  open_as(1);
  commit_to(9);
  stream.pruned_to = 5;
  catch_up(9);
  CAF_CHECK(client.closed == close_code::internal);
}

CAF_TEST(a client may go back while it is connected) {
  commit_to(10);
  open_as(1);
  CAF_CHECK(taken() == ack);
  hear(11, 11);
  commit_to(11);
  say(R"({"type":"subscribe","since":")" + place(6) + "\"}");
  auto first = parse_json(client.got[1]);
  CAF_REQUIRE(first);
  CAF_CHECK((*first)["data"]["resumed"].GetBool());
  CAF_CHECK_EQUAL((*first)["data"]["replayed"].GetInt64(), 3);
  CAF_CHECK(taken() == texts{"11"} + ack + odd(7, 11));
  say(R"({"type":"subscribe","since":"x"})");
  CAF_CHECK(last()["data"]["gap"].GetBool());
  taken();
  hear(13, 13);
  CAF_CHECK(taken() == texts{"13"});
}

CAF_TEST(only what is wanted is sent and counted) {
  commit_to(9);
  open_as(1);
  say(R"({"type":"subscribe","channels":["agents"]})");
  taken();
  hear(11, 11);
  CAF_CHECK(client.got.empty());
  say(R"({"type":"subscribe","channels":["tasks"],"since":")" + place(0)
      + "\"}");
  CAF_CHECK_EQUAL(taken().size(), 1u + odd(1, 9).size());
}

CAF_TEST(under new filters what was not sent yet is read anew) {
  rules.max_waiting = 3;
  commit_to(20);
  client.room = 1;
  open_as(1, place(0));
  say(R"({"type":"subscribe","channels":[]})");
  for (int i = 0; i < 10; ++i)
    drain();
  auto before = taken();
  CAF_CHECK(before.size() < 6);
  say(R"({"type":"subscribe","channels":["tasks"]})");
  hear(21, 21);
  CAF_CHECK(taken() == ack + texts{"21"});
}

CAF_TEST(in batches events of one type come together after a moment) {
  open_as(1);
  say(R"({"type":"subscribe","batch":true})");
  taken();
  hear(1, 5);
  CAF_CHECK(client.got.empty());
  say(R"({"type":"ping"})");
  CAF_CHECK_EQUAL(id_of(client.got.back()), place(0)); // nothing was sent yet
  taken();
  pass(100ms);
  CAF_CHECK(taken() == texts{"batch: 1 3 5"});
  hear(7, 7);
  pass(100ms);
  CAF_CHECK(taken() == texts{"7"});
  std::vector<event> many;
  for (int64_t i = 101; i <= 200; ++i)
    many.push_back(event_for("1", i));
  deliver(std::move(many));
  CAF_CHECK_EQUAL(client.got.size(), 1u); // a hundred do not wait
}

CAF_TEST(what was gathered is sent before the goodbye) {
  open_as(1);
  say(R"({"type":"subscribe","batch":true})");
  taken();
  hear(1, 3);
  anon_send(session, atom::stop_v, close_code::going_away, std::string{});
  consume_messages();
  CAF_CHECK(taken() == texts{"batch: 1 3"});
}

CAF_TEST(an anonymous client hears nothing of users) {
  rules.allow_anonymous = true;
  commit_to(5);
  commit(event_for("everyone", 6));
  hub_at.position = 6;
  session_start start;
  start.last_event_id = place(0);
  open(std::move(start));
  CAF_CHECK(taken() == ack + texts{"6"});
}

CAF_TEST_FIXTURE_SCOPE_END()
