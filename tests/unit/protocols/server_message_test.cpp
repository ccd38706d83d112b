#define CAF_SUITE server_message
#include "protocols/json.hpp"
#include "protocols/server_message.hpp"

#include <caf/test/dsl.hpp>

using namespace callboard;

namespace {

json_document read(const frame_ptr& x) {
  auto out = parse_json(x->text());
  if (!out || !out->IsObject())
    CAF_FAIL("no object: " << std::string{x->text()});
  return std::move(*out);
}

std::string text_of(const json_value& object, const char* name) {
  auto found = object.FindMember(name);
  if (found == object.MemberEnd())
    return "absent";
  return found->value.IsString() ? found->value.GetString()
                                 : canonical(found->value);
}

} // namespace

CAF_TEST(an ack carries the position and what it answers) {
  auto x = read(ack_frame("e-1", "\"initial_connect\"", R"({"a":1})"));
  CAF_CHECK_EQUAL(text_of(x, "type"), "ack");
  CAF_CHECK_EQUAL(text_of(x, "event_id"), "e-1");
  CAF_CHECK_EQUAL(text_of(x, "ack_event_id"), "initial_connect");
  CAF_CHECK_EQUAL(text_of(x, "data"), R"({"a":1})");
  CAF_CHECK(parse_timestamp(text_of(x, "timestamp")).has_value());
  CAF_CHECK_EQUAL(text_of(read(ack_frame({}, "null", "{}")), "event_id"),
                  "null");
}

CAF_TEST(pings and pongs carry the position) {
  auto ping = read(ping_frame("e-1"));
  auto pong = read(pong_frame({}));
  CAF_CHECK_EQUAL(text_of(ping, "type"), "ping");
  CAF_CHECK_EQUAL(text_of(ping, "event_id"), "e-1");
  CAF_CHECK_EQUAL(text_of(pong, "type"), "pong");
  CAF_CHECK_EQUAL(text_of(pong, "event_id"), "null");
}

CAF_TEST(an error has details where there is a reason) {
  auto with = read(error_frame("e-1", "Invalid", "a \"b\""));
  CAF_CHECK_EQUAL(text_of(with, "error"), "Invalid");
  CAF_CHECK_EQUAL(text_of(with, "details"), R"({"error":"a \"b\""})");
  CAF_CHECK_EQUAL(text_of(read(error_frame({}, "x")), "details"), "absent");
}

CAF_TEST(a batch has its messages whole) {
  auto x = read(
      batch_frame("t", {make_frame(R"({"n":1})"), make_frame(R"({"n":2})")}));
  CAF_CHECK_EQUAL(text_of(x, "type"), "batch");
  CAF_CHECK_EQUAL(text_of(x, "batch_type"), "t");
  CAF_CHECK_EQUAL(text_of(x, "count"), "2");
  CAF_CHECK_EQUAL(text_of(x, "messages"), R"([{"n":1},{"n":2}])");
}

CAF_TEST(the sync stream has words of its own) {
  auto hello = read(sync_greeting_frame());
  CAF_CHECK_EQUAL(text_of(hello, "event"), "connection_established");
  CAF_CHECK_EQUAL(text_of(hello, "message"), "Connected to sync event stream");
  CAF_CHECK_EQUAL(text_of(read(sync_pong_frame()), "event"), "pong");
}

CAF_TEST(the facts of a session name a gap where there is one alone) {
  session_facts x;
  x.connection_id = "c";
  x.heartbeat_interval = 30;
  x.heartbeat_timeout = 60;
  CAF_CHECK_EQUAL(to_json(x),
                  R"({"connection_id":"c","user_id":null,)"
                  R"("heartbeat_interval":30,"heartbeat_timeout":60,)"
                  R"("resumed":false,"replayed":0})");
  x.user_id = "1";
  x.resume = {false, true, 0};
  auto json = parse_json(to_json(x));
  CAF_REQUIRE(json);
  CAF_CHECK_EQUAL(text_of(*json, "user_id"), "1");
  CAF_CHECK_EQUAL(text_of(*json, "gap"), "true");
}
