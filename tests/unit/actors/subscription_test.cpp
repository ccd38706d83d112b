#define CAF_SUITE subscription
#include "actors/subscription.hpp"
#include "protocols/json.hpp"

#include <caf/test/dsl.hpp>

using namespace callboard;
using namespace callboard::actors;

namespace {

event of(const std::string& channel) {
  event out;
  out.channel = channel;
  return out;
}

subscription after(std::initializer_list<std::string_view> texts) {
  subscription out;
  for (auto text : texts) {
    auto x = read_client_message(text);
    CAF_REQUIRE(x);
    out.apply(*x);
  }
  return out;
}

std::string members(const subscription& x) {
  auto json = parse_json('{' + x.members() + '}');
  return json ? canonical(*json) : "no JSON: " + x.members();
}

} // namespace

CAF_TEST(at first everything is wanted) {
  subscription x;
  for (auto name : ws_channels)
    CAF_CHECK(x.wants(of(std::string{name})));
  CAF_CHECK(!x.batched());
  CAF_CHECK_EQUAL(members(x),
                  R"({"batch":false,"channels":["tasks","agents","calendar",)"
                  R"("projects","sync","presence"],"filters":{"project_id":[],)"
                  R"("status":[],"task_id":[]}})");
}

CAF_TEST(subscribe replaces the channels and unsubscribe takes some away) {
  auto x = after({R"({"type":"subscribe","channels":["tasks","agents"]})"});
  CAF_CHECK(x.wants(of("tasks")));
  CAF_CHECK(!x.wants(of("calendar")));
  x = after({R"({"type":"subscribe","channels":["tasks","agents"]})",
             R"({"type":"unsubscribe","channels":["tasks","sync"]})"});
  CAF_CHECK(!x.wants(of("tasks")));
  CAF_CHECK(x.wants(of("agents")));
  x = after({R"({"type":"subscribe","channels":[]})"});
  CAF_CHECK(!x.wants(of("tasks")));
  x = after({R"({"type":"subscribe"})"});
  CAF_CHECK(x.wants(of("tasks")));
}

CAF_TEST(filters ask for one of each kind and stay until they are replaced) {
  auto x = after({R"({"type":"subscribe","filters":{"project_id":4,)"
                  R"("status":["running","failed"]}})",
                  R"({"type":"subscribe","batch":true})"});
  auto row = of("tasks");
  CAF_CHECK(!x.wants(row)); // says neither
  row.project_id = 4;
  row.status = "failed";
  CAF_CHECK(x.wants(row));
  row.status = "pending";
  CAF_CHECK(!x.wants(row));
  row.status = "running";
  row.project_id = 5;
  CAF_CHECK(!x.wants(row));
  CAF_CHECK(x.batched());
  CAF_CHECK_EQUAL(
      members(x),
      R"({"batch":true,"channels":["tasks","agents","calendar",)"
      R"("projects","sync","presence"],"filters":{"project_id":[4],)"
      R"("status":["running","failed"],"task_id":[]}})");
  auto none = after({R"({"type":"subscribe","filters":{"task_id":1}})",
                     R"({"type":"subscribe","filters":{}})"});
  CAF_CHECK(none.wants(of("tasks")));
}
