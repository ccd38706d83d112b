#define CAF_SUITE event_frame
#include "protocols/event_frame.hpp"
#include "protocols/sync.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;

namespace {

const std::string epoch = "0190f5b2-0000-4000-8000-000000000001";
constexpr timestamp t0{1'700'000'000'000};

event row(const std::string& type, const std::string& channel) {
  event out;
  out.position = 7;
  out.type = type;
  out.audience = "1";
  out.channel = channel;
  out.data.text = R"({"error":"e","output":"o","task_id":1})";
  out.payload.text = R"({"error":"e","output":"o","taskId":"1"})";
  out.created_at = t0;
  return out;
}

std::string text(const frame_ptr& x) {
  return x ? std::string{x->text()} : "none";
}

const std::string head
    = R"("event_id":"0190f5b2-0000-4000-8000-000000000001-7")";
const std::string time_member = R"(,"timestamp":"2023-11-14T22:13:20.000Z",)";

} // namespace

CAF_TEST(an event has one envelope with both views) {
  auto x = encode_event(row("task_status_update", "tasks"), epoch);
  CAF_CHECK_EQUAL(
      text(x->whole),
      R"({"type":"task_status_update",)" + head + time_member
          + R"("data":{"error":"e","output":"o","task_id":1},)"
          + R"("payload":{"error":"e","output":"o","taskId":"1"}})");
  CAF_CHECK(x->redacted == x->whole); // not made twice
  CAF_CHECK(!x->sync);
  CAF_CHECK_EQUAL(x->row.position, 7);
  CAF_CHECK_EQUAL(x->row.data.text, "");
}

CAF_TEST(the redacted twin has neither output nor error) {
  auto given = row("agent_activity_update", "agents");
  given.redacted = true;
  auto x = encode_event(given, epoch);
  CAF_CHECK(x->whole->text().find(R"("output":"o")") != std::string::npos);
  CAF_CHECK_EQUAL(
      text(x->redacted),
      R"({"type":"agent_activity_update",)" + head + time_member
          + R"("data":{"error":null,"output":null,"task_id":1},)"
          + R"("payload":{"error":null,"output":null,"taskId":"1"}})");
}

CAF_TEST(what is no object is redacted as a whole) {
  for (auto* broken : {"", "[1]", "{\"output\":", "null", "\"output\""}) {
    auto given = row("agent_activity_update", "agents");
    given.redacted = true;
    given.data.text = given.payload.text = broken;
    auto x = encode_event(given, epoch);
    CAF_CHECK(x->redacted->text().ends_with(R"("data":{},"payload":{}})"));
  }
}

CAF_TEST(a sync event has the form of its own socket as well) {
  auto given = sync_status_changed("failed", t0);
  given.position = 7;
  auto x = encode_event(given, epoch);
  CAF_CHECK_EQUAL(text(x->sync), R"({"event":"sync_status_changed",)" + head
                                     + R"(,"status":"failed","timestamp":)"
                                     + R"("2023-11-14T22:13:20.000Z"})");
  CAF_CHECK(x->whole->text().starts_with(R"({"type":"sync_status_changed")"));
  given.data.text = "{}"; // erased
  CAF_CHECK_EQUAL(text(encode_event(given, epoch)->sync),
                  R"({"event":"sync_status_changed",)" + head + "}");
}

CAF_TEST(of the channel control there is no frame and the row is kept) {
  auto x = encode_event(access_revoked({1, true, "f", {}}, t0), epoch);
  CAF_CHECK(!x->whole && !x->redacted && !x->sync);
  auto read = read_revocation(x->row);
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(read->keep, "f");
}

CAF_TEST(the size counts each frame once) {
  auto plain = encode_event(row("a", "tasks"), epoch);
  auto given = row("a", "tasks");
  given.redacted = true;
  auto twice = encode_event(given, epoch);
  CAF_CHECK(size_of(*plain) > plain->whole->bytes.size());
  CAF_CHECK_EQUAL(size_of(*twice) - size_of(*plain),
                  twice->redacted->bytes.size());
}
