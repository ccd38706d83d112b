#define CAF_SUITE client_message
#include "protocols/client_message.hpp"
#include "protocols/error.hpp"

#include <caf/test/dsl.hpp>

using namespace callboard;

namespace {

client_message read(std::string_view text) {
  auto x = read_client_message(text);
  if (!x)
    CAF_FAIL("refused: " << text << ": " << detail(x.error()));
  return std::move(*x);
}

/// The reason, or nothing if it was read.
std::string refused(std::string_view text) {
  auto x = read_client_message(text);
  if (x)
    return {};
  CAF_CHECK(classify(x.error()) == errc::bad_request);
  return detail(x.error());
}

std::string list_of(size_t n, const std::string& item) {
  std::string out = "[";
  for (size_t i = 0; i < n; ++i)
    out += (i == 0 ? "" : ",") + item;
  return out + ']';
}

} // namespace

CAF_TEST(each known type is read as what it is) {
  CAF_CHECK(read(R"({"type":"ping","timestamp":"x"})").what == said::ping);
  CAF_CHECK(read(R"({"type":"pong","event_id":"e"})").what == said::pong);
  CAF_CHECK(read(R"({"type":"ack","ack_event_id":"e"})").what == said::ack);
  CAF_CHECK(read(R"({"type":"subscribe"})").what == said::subscribe);
  CAF_CHECK(read(R"({"type":"unsubscribe"})").what == said::unsubscribe);
  CAF_CHECK(read(R"({"type":"task_update"})").what == said::other);
  CAF_CHECK(read(R"({"type":"PING"})").what == said::other);
  auto login = read(R"({"type":"authenticate","token":"a.b.c"})");
  CAF_CHECK(login.what == said::authenticate);
  CAF_CHECK_EQUAL(login.token, "a.b.c");
}

CAF_TEST(of an event id what may be echoed is kept) {
  auto id = [](const std::string& json) {
    return read(R"({"type":"x","event_id":)" + json + '}').event_id;
  };
  CAF_CHECK_EQUAL(id("7"), "7");
  CAF_CHECK_EQUAL(id(R"("a\"b")"), R"("a\"b")");
  CAF_CHECK_EQUAL(id("null"), "null");
  CAF_CHECK_EQUAL(id("1.5"), "null");
  CAF_CHECK_EQUAL(id("{}"), "null");
  CAF_CHECK_EQUAL(id("[1]"), "null");
  CAF_CHECK_EQUAL(id('"' + std::string(201, 'a') + '"'), "null");
  CAF_CHECK_EQUAL(read(R"({"type":"x"})").event_id, "null");
}

CAF_TEST(a subscription tells what is given from what is not ) {
  auto none = read(R"({"type":"subscribe","channels":null,"filters":null})");
  CAF_CHECK(!none.channels && !none.filters && !none.batch && !none.since);
  auto all = read(R"({"type":"subscribe","channels":["tasks","sync","tasks"],)"
                  R"("filters":{"project_id":4,"task_id":[1,2],)"
                  R"("status":["running"]},"batch":true,"since":"s"})");
  CAF_REQUIRE(all.channels && all.filters && all.batch && all.since);
  CAF_CHECK(*all.channels == std::vector<std::string>({"tasks", "sync"}));
  CAF_CHECK(*all.filters == (event_filters{{4}, {1, 2}, {"running"}}));
  CAF_CHECK(*all.batch);
  CAF_CHECK_EQUAL(*all.since, "s");
  auto empty = read(R"({"type":"subscribe","channels":[],"filters":{}})");
  CAF_REQUIRE(empty.channels && empty.filters);
  CAF_CHECK(empty.channels->empty());
  CAF_CHECK(*empty.filters == event_filters{});
  auto most = read(R"({"type":"subscribe","filters":{"task_id":)"
                   + list_of(max_filter_items, "1") + "}}");
  CAF_CHECK_EQUAL(most.filters->task_ids.size(), max_filter_items);
}

CAF_TEST(what is hostile is refused with a reason) {
  const std::string hostile[] = {
      "",
      "ping",
      "null",
      "[]",
      "\"ping\"",
      "{",
      "{}",
      R"({"type":null})",
      R"({"type":1})",
      R"({"type":""})",
      R"({"type":["ping"]})",
      R"({"type":"ping","type":"pong"})",
      R"({"type":"ping"} {})",
      R"({"type":"\u0000"})",
      R"({"type":"\ud800"})",
      "{\"type\":\"\xff\"}",
      R"({"type":"ping","n":1e999})",
      R"({"type":"ping","n":NaN})",
      R"({"type":")" + std::string(101, 'a') + "\"}",
      R"({"type":"ping","x":)" + std::string(100, '[') + std::string(100, ']')
          + '}',
      R"({"type":"authenticate"})",
      R"({"type":"authenticate","token":null})",
      R"({"type":"authenticate","token":7})",
      R"({"type":"subscribe","channels":"tasks"})",
      R"({"type":"subscribe","channels":["control"]})",
      R"({"type":"subscribe","channels":["Tasks"]})",
      R"({"type":"subscribe","channels":[1]})",
      R"({"type":"subscribe","filters":[]})",
      R"({"type":"subscribe","filters":{"user_id":1}})",
      R"({"type":"subscribe","filters":{"task_id":"1"}})",
      R"({"type":"subscribe","filters":{"task_id":1.5}})",
      R"({"type":"subscribe","filters":{"task_id":18446744073709551615}})",
      R"({"type":"subscribe","filters":{"task_id":[[1]]}})",
      R"({"type":"subscribe","filters":{"status":1}})",
      R"({"type":"subscribe","filters":{"status":")" + std::string(101, 's')
          + "\"}}",
      R"({"type":"subscribe","filters":{"task_id":)"
          + list_of(max_filter_items + 1, "1") + "}}",
      R"({"type":"subscribe","batch":1})",
      R"({"type":"subscribe","since":7})",
      R"({"type":"unsubscribe","channels":["x"]})",
      R"({"type":"subscribe","since":")" + std::string(201, 's') + "\"}",
  };
  for (auto& text : hostile)
    if (refused(text).empty())
      CAF_ERROR("read: " << text);
}

CAF_TEST(a reason never repeats what was sent) {
  CAF_CHECK(
      refused(R"({"type":"subscribe","channels":["<script>"]})").find("script")
      == std::string::npos);
  CAF_CHECK(
      refused(R"({"type":"subscribe","filters":{"<script>":1}})").find("script")
      == std::string::npos);
}
