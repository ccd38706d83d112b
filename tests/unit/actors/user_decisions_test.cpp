#define CAF_SUITE user_decisions
#include "actors/user_decisions.hpp"
#include "protocols/error.hpp"
#include "protocols/realtime.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;

namespace {

constexpr timestamp t0{1'000'000'000'000};

user account(int64_t id, role as = role::user, bool active = true) {
  user x;
  x.id = id;
  x.username = "user" + std::to_string(id);
  x.email = x.email_folded = x.username + "@example.com";
  x.hashed_password = "old";
  x.as = as;
  x.is_active = active;
  x.full_name = "Somebody";
  return x;
}

refresh_token session(int64_t id, int64_t owner, const char* family) {
  refresh_token x;
  x.id = id;
  x.user_id = owner;
  x.expires_at = t0 + std::chrono::hours{1};
  x.family_id = family;
  return x;
}

struct scene {
  std::vector<user> accounts;
  row_map<refresh_token> sessions;

  caf::expected<outcome<user>> operator()(const decision<user>& decide) const {
    facts<user> known;
    known.now = t0;
    known.rows = accounts;
    known.show(sessions);
    return decide(known);
  }
};

/// Ids of the sessions that an outcome ends.
std::string ended(outcome<user>& x) {
  std::string out;
  for (auto& row : x.also<refresh_token>())
    out += std::to_string(row.id) + (row.revoked ? " " : "? ");
  return out;
}

/// The one revocation that an outcome tells of; of user 0 if there is none.
revocation told(const caf::expected<outcome<user>>& x) {
  if (!x || x->events.empty())
    return {};
  return read_revocation(x->events.front()).value_or(revocation{});
}

std::string refusal(const caf::expected<outcome<user>>& x) {
  return x ? "" : detail(x.error());
}

row_map<refresh_token> three_sessions() {
  return {{1, session(1, 7, "a")},
          {2, session(2, 7, "b")},
          {3, session(3, 8, "c")}};
}

patch<account_change> active(bool x) {
  return patch<account_change>{}.give(&account_change::is_active, x);
}

patch<account_change> as(role x) {
  return patch<account_change>{}.give(&account_change::as, x);
}

} // namespace

CAF_TEST(a changed password ends all sessions of its owner but one) {
  scene s{{account(7)}, three_sessions()};
  auto x = s(rehashed(7, "old", "new", "a"));
  CAF_REQUIRE(x);
  CAF_CHECK_EQUAL(x->rows.front().hashed_password, "new");
  CAF_CHECK_EQUAL(ended(*x), "2 ");
  CAF_CHECK_EQUAL(refusal(s(rehashed(7, "older", "new", "a"))),
                  "The password was changed meanwhile");
}

CAF_TEST(who is deactivated loses all sessions and who comes back has none) {
  scene s{{account(7), account(1, role::admin)}, three_sessions()};
  auto x = s(adjusted(7, active(false)));
  CAF_REQUIRE(x);
  CAF_CHECK(!x->rows.front().is_active);
  CAF_CHECK_EQUAL(ended(*x), "1 2 ");
  s.accounts[0].is_active = false;
  x = s(adjusted(7, active(true)));
  CAF_REQUIRE(x);
  CAF_CHECK(x->rows.front().is_active);
  CAF_CHECK_EQUAL(ended(*x), "");
  CAF_CHECK_EQUAL(refusal(s(adjusted(9, active(true)))), "User 9 not found");
}

CAF_TEST(the last active admin stays one) {
  scene s{{account(1, role::admin), account(2, role::admin, false), account(7)},
          {}};
  const auto text = "The last active admin must stay one";
  CAF_CHECK_EQUAL(refusal(s(adjusted(1, as(role::user)))), text);
  CAF_CHECK_EQUAL(refusal(s(adjusted(1, active(false)))), text);
  CAF_CHECK_EQUAL(refusal(s(erased(1))), text);
  CAF_CHECK(s(adjusted(2, as(role::user)))); // is none that is active
  CAF_CHECK(s(adjusted(7, as(role::admin))));
  s.accounts[1].is_active = true;
  CAF_CHECK(s(adjusted(1, as(role::user))));
  CAF_CHECK(s(erased(1)));
}

CAF_TEST(a reset code works once within its time) {
  auto owner = account(7);
  owner.reset_code = "digest";
  owner.reset_expires_at = t0 + std::chrono::milliseconds{1};
  scene s{{owner}, three_sessions()};
  auto x = s(reset_used("digest", "new"));
  CAF_REQUIRE(x);
  auto& row = x->rows.front();
  CAF_CHECK_EQUAL(row.hashed_password, "new");
  CAF_CHECK(!row.reset_code && !row.reset_expires_at);
  CAF_CHECK_EQUAL(ended(*x), "1 2 ");
}

CAF_TEST(every other code is refused alike) {
  auto owner = account(7);
  owner.reset_code = "digest";
  owner.reset_expires_at = t0 + std::chrono::milliseconds{1};
  auto late = owner;
  late.reset_expires_at = t0;
  auto inactive = owner;
  inactive.is_active = false;
  const std::pair<std::vector<user>, const char*> table[] = {
      {{owner}, "other"}, {{owner}, ""},          {{late}, "digest"},
      {{}, "digest"},     {{inactive}, "digest"}, {{account(7)}, ""},
  };
  for (auto& [accounts, code] : table)
    CAF_CHECK_EQUAL(refusal(scene{accounts, {}}(reset_used(code, "new"))),
                    "Invalid or expired reset code");
}

CAF_TEST(nothing of an erased account tells whose it was) {
  scene s{{account(7), account(1, role::admin)}, three_sessions()};
  auto x = s(erased(7));
  CAF_REQUIRE(x);
  CAF_CHECK(x->erases);
  auto& row = x->rows.front();
  CAF_CHECK_EQUAL(row.id, 7);
  CAF_CHECK_EQUAL(row.username, "erased.7");
  CAF_CHECK(check_username(row.username)); // nobody can register it
  CAF_CHECK(check_email(row.email));
  CAF_CHECK(!row.full_name && !row.is_active);
  CAF_CHECK_EQUAL(row.hashed_password, "!");
}

CAF_TEST(whoever loses a right is told with the write that takes it) {
  scene s{{account(7), account(1, role::admin)}, three_sessions()};
  revocation all{7, true, {}, {}};
  CAF_CHECK(told(s(rehashed(7, "old", "new", "a")))
            == (revocation{7, true, "a", {}}));
  CAF_CHECK(told(s(adjusted(7, active(false)))) == all);
  CAF_CHECK(told(s(adjusted(7, as(role::admin)))) == all);
  auto erasure = s(erased(7));
  CAF_CHECK(told(erasure) == all);
  CAF_REQUIRE_EQUAL(erasure->events.size(), 2u);
  CAF_CHECK_EQUAL(erasure->events[1].type, "account_erased");
  CAF_CHECK_EQUAL(erasure->events[1].channel, "control");
  s.accounts[0].reset_code = "digest";
  s.accounts[0].reset_expires_at = t0 + std::chrono::hours{1};
  CAF_CHECK(told(s(reset_used("digest", "new"))) == all);
}

CAF_TEST(nothing is told where nothing is taken) {
  scene s{{account(7), account(1, role::admin)}, three_sessions()};
  CAF_CHECK(s(adjusted(7, active(true)))->events.empty());
  CAF_CHECK(s(adjusted(7, as(role::user)))->events.empty());
  CAF_CHECK(s(profiled(7, {}))->events.empty());
  CAF_CHECK(s(logged_in(7))->events.empty());
  CAF_CHECK(s(reset_offered(7, "digest", t0))->events.empty());
  s.accounts[0].is_active = false;
  CAF_CHECK(s(adjusted(7, active(true)))->events.empty());
}
