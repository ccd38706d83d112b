#define CAF_SUITE token_decisions
#include "actors/token_decisions.hpp"
#include "protocols/error.hpp"
#include "protocols/realtime.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;

namespace {

constexpr timestamp t0{1'000'000'000'000};

call client(const char* address = "10.0.0.1") {
  call out;
  out.user_id = 1;
  out.address = address;
  out.user_agent = "curl";
  return out;
}

refresh_token live(int64_t id, const char* hash) {
  refresh_token x;
  x.id = id;
  x.user_id = 1;
  x.token = hash;
  x.created_at = t0;
  x.expires_at = t0 + std::chrono::hours{1};
  x.family_id = "family";
  x.user_agent = "curl";
  x.ip_address = "10.0.0.1";
  return x;
}

refresh_token replaced(int64_t id, const char* hash, timestamp at) {
  auto x = live(id, hash);
  x.revoked = true;
  x.revoked_at = x.replaced_at = at;
  return x;
}

refresh_token successor_of(int64_t id, const char* hash, const char* old) {
  auto x = live(id, hash);
  x.previous_token = old;
  return x;
}

facts<refresh_token> at(timestamp now, std::vector<refresh_token> rows) {
  facts<refresh_token> out;
  out.now = now;
  out.new_id = 99;
  out.rows = std::move(rows);
  return out;
}

/// The one revocation that an outcome tells of; of user 0 if there is none.
revocation told(const caf::expected<outcome<refresh_token>>& x) {
  if (!x || x->events.size() != 1)
    return {};
  return read_revocation(x->events.front()).value_or(revocation{});
}

} // namespace

CAF_TEST(rotation revokes the old row and hands its family on) {
  auto x = rotated(client(), "a", live(0, "b"))(at(t0, {live(1, "a")}));
  CAF_REQUIRE(x);
  CAF_REQUIRE_EQUAL(x->rows.size(), 2u);
  CAF_CHECK_EQUAL(x->rows[0].id, 99);
  CAF_CHECK_EQUAL(*x->rows[0].previous_token, "a");
  CAF_CHECK_EQUAL(x->rows[0].family_id, "family");
  CAF_CHECK(x->rows[1].revoked);
  CAF_CHECK(x->rows[1].replaced_at == t0);
}

CAF_TEST(an unknown and an expired token are refused without a write) {
  auto none = rotated(client(), "a", {})(at(t0, {}));
  CAF_REQUIRE(!none);
  CAF_CHECK_EQUAL(detail(none.error()), "Refresh token not found or revoked");
  auto old = rotated(client(), "a",
                     {})(at(t0 + std::chrono::hours{1}, {live(1, "a")}));
  CAF_REQUIRE(!old);
  CAF_CHECK_EQUAL(detail(old.error()), "Refresh token expired");
}

CAF_TEST(reuse revokes the family and is refused) {
  auto later = t0 + std::chrono::seconds{11};
  auto x = rotated(client(), "a", {})(
      at(later, {replaced(1, "a", t0), successor_of(2, "b", "a")}));
  CAF_REQUIRE(x);
  CAF_CHECK(classify(x->refusal) == errc::unauthenticated);
  CAF_REQUIRE_EQUAL(x->rows.size(), 1u);
  CAF_CHECK_EQUAL(x->rows[0].id, 2);
  CAF_CHECK(x->rows[0].revoked);
}

CAF_TEST(a lost answer is given again to the same client within ten seconds) {
  auto rows = std::vector{replaced(1, "a", t0), successor_of(2, "b", "a")};
  auto soon = t0 + std::chrono::seconds{10};
  auto x = rotated(client(), "a", {})(at(soon, rows));
  CAF_REQUIRE(x);
  CAF_CHECK(!x->refusal);
  CAF_CHECK_EQUAL(x->rows.front().id, 2);
  auto other = rotated(client("10.0.0.2"), "a", {})(at(soon, rows));
  CAF_REQUIRE(other);
  CAF_CHECK(other->refusal);
  rows[1].revoked = true; // the successor was used: no answer was lost
  auto used = rotated(client(), "a", {})(at(soon, rows));
  CAF_REQUIRE(used);
  CAF_CHECK(used->refusal);
}

CAF_TEST(nobody revokes what is not his) {
  auto foreign = live(5, "a");
  foreign.user_id = 2;
  CAF_CHECK(revoked(client(), "a")(at(t0, {foreign}))->rows.empty());
  auto x = revoked_id(client(), 5)(at(t0, {foreign}));
  CAF_REQUIRE(!x);
  CAF_CHECK(classify(x.error()) == errc::not_found);
  CAF_CHECK(revoked_id(client(), 5)(at(t0, {live(5, "a")})));
}

CAF_TEST(revoking all spares one family) {
  auto other = live(2, "b");
  other.family_id = "other";
  auto x = revoked_all(client(), "family")(at(t0, {live(1, "a"), other}));
  CAF_REQUIRE(x);
  CAF_REQUIRE_EQUAL(x->rows.size(), 1u);
  CAF_CHECK_EQUAL(x->rows[0].id, 2);
  auto y = revoked_all(client(), "")(at(t0, {live(1, "a"), other}));
  CAF_CHECK_EQUAL(y->rows.size(), 2u);
}

CAF_TEST(whoever loses a session is told with the write that takes it) {
  revocation family{1, false, {}, {"family"}};
  CAF_CHECK(told(revoked(client(), "a")(at(t0, {live(1, "a")}))) == family);
  CAF_CHECK(told(revoked_id(client(), 1)(at(t0, {live(1, "a")}))) == family);
  auto later = t0 + std::chrono::seconds{11};
  auto rows = std::vector{replaced(1, "a", t0), successor_of(2, "b", "a")};
  CAF_CHECK(told(rotated(client(), "a", {})(at(later, rows))) == family);
  CAF_CHECK(told(revoked_all(client(), "k")(at(t0, {})))
            == (revocation{1, true, "k", {}}));
}

CAF_TEST(nothing is told where nothing is taken) {
  auto rotation = rotated(client(), "a", live(0, "b"))(at(t0, {live(1, "a")}));
  CAF_CHECK(rotation->events.empty());
  CAF_CHECK(revoked(client(), "a")(at(t0, {}))->events.empty());
  auto later = t0 + std::chrono::seconds{11};
  auto over = std::vector{replaced(1, "a", t0), replaced(2, "b", t0)};
  auto again = rotated(client(), "a", {})(at(later, over));
  CAF_CHECK(again->refusal);
  CAF_CHECK(again->events.empty());
}
