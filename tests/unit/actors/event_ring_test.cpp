#define CAF_SUITE event_ring
#include "actors/event_ring.hpp"
#include "protocols/event_frame.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;

namespace {

encoded_event_ptr at(int64_t position, size_t size = 10) {
  event x;
  x.position = position;
  x.type = "t";
  x.audience = "everyone";
  x.channel = "tasks";
  x.data.text = '"' + std::string(size, 'x') + '"';
  return encode_event(x, "epoch");
}

} // namespace

CAF_TEST(the newest events are kept up to the count) {
  event_ring ring{3, 1 << 20};
  CAF_CHECK(!ring.covers(0));
  for (int64_t i = 1; i <= 5; ++i)
    ring.add(at(i));
  CAF_CHECK_EQUAL(ring.count(), 3u);
  CAF_CHECK(!ring.covers(1));
  CAF_CHECK(ring.covers(2));
  auto got = ring.select(2, 5, {}, 10, 10);
  CAF_REQUIRE_EQUAL(got.events.size(), 3u);
  CAF_CHECK_EQUAL(got.events.front()->row.position, 3);
}

CAF_TEST(many bytes go before many events and the newest one stays) {
  event_ring ring{1000, 10'000};
  for (int64_t i = 1; i <= 100; ++i) {
    ring.add(at(i, 1000));
    CAF_CHECK(ring.bytes() <= 10'000);
  }
  CAF_CHECK(ring.count() > 2);
  ring.add(at(101, 50'000));
  CAF_CHECK_EQUAL(ring.count(), 1u);
  ring.add(at(102));
  CAF_CHECK_EQUAL(ring.count(), 1u);
  CAF_CHECK_EQUAL(ring.bytes(), size_of(*at(102)));
}

CAF_TEST(behind a gap it begins anew) {
  event_ring ring{10, 1 << 20};
  ring.add(at(1));
  ring.add(at(2));
  ring.add(at(4));
  CAF_CHECK_EQUAL(ring.count(), 1u);
  CAF_CHECK(!ring.covers(2));
  CAF_CHECK(ring.covers(3));
  ring.clear();
  CAF_CHECK_EQUAL(ring.bytes(), 0u);
}

CAF_TEST(a selection ends at its limits and says where) {
  event_ring ring{10, 1 << 20};
  for (int64_t i = 1; i <= 9; ++i)
    ring.add(at(i));
  auto by_count = ring.select(2, 9, {}, 3, 100);
  CAF_CHECK_EQUAL(by_count.events.size(), 3u);
  CAF_CHECK_EQUAL(by_count.next, 5);
  CAF_CHECK(by_count.more);
  auto by_looks = ring.select(2, 9, {}, 100, 4);
  CAF_CHECK_EQUAL(by_looks.next, 6);
  CAF_CHECK(by_looks.more);
  auto to_the_end = ring.select(2, 9, {}, 100, 100);
  CAF_CHECK_EQUAL(to_the_end.events.size(), 7u);
  CAF_CHECK(!to_the_end.more);
  auto nothing = ring.select(9, 9, {}, 100, 100);
  CAF_CHECK(nothing.events.empty() && !nothing.more);
}

CAF_TEST(what takes rights away is selected for its user alone) {
  event_ring ring{10, 1 << 20};
  ring.add(at(1));
  auto row = access_revoked({7, true, "", {}}, timestamp{1});
  row.position = 2;
  ring.add(encode_event(row, "epoch"));
  audience_of_session who;
  who.user_id = 7;
  CAF_CHECK_EQUAL(ring.select(1, 2, who, 10, 10).events.size(), 1u);
  who.user_id = 8;
  CAF_CHECK(ring.select(1, 2, who, 10, 10).events.empty());
}
