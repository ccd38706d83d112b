#define CAF_SUITE agent_decisions
#include "actors/agent_decisions.hpp"
#include "protocols/error.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;

namespace {

constexpr timestamp noon{1'762'603'200'000};

call by(int64_t user, role as = role::user) {
  call out;
  out.user_id = user;
  out.as = as;
  return out;
}

agent row_of(int64_t id, const char* name, int64_t owner) {
  agent x;
  x.id = id;
  x.name = name;
  x.user_id = owner;
  return x;
}

facts<agent> with(std::vector<agent> rows) {
  facts<agent> out;
  out.now = noon;
  out.new_id = 42;
  out.rows = std::move(rows);
  return out;
}

errc code(const caf::expected<outcome<agent>>& x) {
  return x ? errc{} : classify(x.error());
}

patch<agent> named(const char* name) {
  return patch<agent>{}.give(&agent::name, name);
}

} // namespace

CAF_TEST(a new agent is its creators and announced) {
  auto wish = named("a").give(&agent::capabilities, {{"x", "y", "x"}});
  auto x = created_agent(by(3), wish)(with({}));
  CAF_REQUIRE(x);
  auto& row = x->rows.front();
  CAF_CHECK_EQUAL(row.id, 42);
  CAF_CHECK_EQUAL(*row.user_id, 3);
  CAF_CHECK(row.capabilities == (text_list{{"x", "y"}}));
  CAF_REQUIRE_EQUAL(x->events.size(), 1u);
  CAF_CHECK_EQUAL(x->events[0].type, "agent_spawned");
  CAF_CHECK_EQUAL(x->events[0].audience, "everyone");
}

CAF_TEST(a name is taken by the living alone) {
  auto x = created_agent(by(1), named("a"))(with({row_of(1, "a", 2)}));
  CAF_CHECK(code(x) == errc::conflict);
  CAF_CHECK_EQUAL(detail(x.error()), "Agent with name 'a' already exists");
  auto gone = row_of(1, "a", 2);
  gone.deleted_at = noon;
  CAF_CHECK(created_agent(by(1), named("a"))(with({gone})));
  auto both = with({row_of(1, "a", 1), row_of(2, "b", 1)});
  CAF_CHECK(code(updated_agent(by(1), 1, named("b"))(both)) == errc::conflict);
  CAF_CHECK(updated_agent(by(1), 1, named("a"))(both));
}

CAF_TEST(the creator and admins change an agent and of a shared one admins) {
  auto own = with({row_of(1, "a", 1)});
  CAF_CHECK(code(updated_agent(by(2), 1, {})(own)) == errc::forbidden);
  CAF_CHECK(code(removed_agent(by(2), 1)(own)) == errc::forbidden);
  CAF_CHECK(updated_agent(by(1), 1, {})(own));
  auto shared = row_of(1, "a", 1);
  shared.user_id.reset();
  CAF_CHECK(code(removed_agent(by(1), 1)(with({shared}))) == errc::forbidden);
  CAF_CHECK(removed_agent(by(9, role::admin), 1)(with({shared})));
  auto gone = row_of(1, "a", 1);
  gone.deleted_at = noon;
  CAF_CHECK(code(removed_agent(by(1), 1)(with({gone}))) == errc::not_found);
  CAF_CHECK(code(updated_agent(by(1), 1, {})(with({}))) == errc::not_found);
}

CAF_TEST(only a status that really changes is announced) {
  auto own = with({row_of(1, "a", 1)});
  auto idle = patch<agent>{}.give(&agent::status, agent_status::idle);
  auto x = updated_agent(by(1), 1, idle)(own);
  CAF_REQUIRE(x);
  CAF_CHECK(x->events.empty());
  CAF_CHECK_EQUAL(x->rows.front().version, 1);
  auto off = patch<agent>{}.give(&agent::status, agent_status::offline);
  auto y = updated_agent(by(1), 1, off)(own);
  CAF_REQUIRE(y);
  CAF_REQUIRE_EQUAL(y->events.size(), 1u);
  CAF_CHECK_EQUAL(y->events[0].type, "agent_status_update");
  CAF_CHECK_EQUAL(y->events[0].data.text,
                  R"({"agent_id":1,"status":"offline"})");
  CAF_CHECK_EQUAL(y->events[0].payload.text,
                  R"({"agentId":"1","status":"idle"})");
}

CAF_TEST(an agent that is set to error is announced as such too) {
  auto own = with({row_of(1, "a", 1)});
  auto failed = patch<agent>{}.give(&agent::status, agent_status::error);
  auto x = updated_agent(by(1), 1, failed)(own);
  CAF_REQUIRE(x);
  CAF_REQUIRE_EQUAL(x->events.size(), 2u);
  auto& e = x->events[1];
  CAF_CHECK_EQUAL(e.type, "agent_error");
  CAF_CHECK_EQUAL(e.audience, "everyone");
  CAF_CHECK_EQUAL(e.data.text, R"({"agent_id":1,"error":null,"name":"a"})");
  CAF_CHECK_EQUAL(e.payload.text, R"({"agentId":"1","error":null,"name":"a"})");
  own.rows.front().status = agent_status::error;
  CAF_CHECK(updated_agent(by(1), 1, failed)(own)->events.empty());
}

CAF_TEST(texts of foreign tasks are left out) {
  execution run;
  run.output_text = "o";
  run.error_text = "e";
  run.result = json_text{};
  std::vector<agent_run> all{{run, "1", "t"}, {run, "2", "t"}, {run, "", "t"}};
  auto shown = all;
  hide_foreign(by(1), shown);
  CAF_CHECK_EQUAL(*shown[0].run.output_text, "o");
  CAF_CHECK_EQUAL(shown[0].title, "t");
  for (size_t i : {1u, 2u}) {
    CAF_CHECK(!shown[i].run.output_text);
    CAF_CHECK(!shown[i].run.error_text);
    CAF_CHECK(!shown[i].run.result);
    CAF_CHECK_EQUAL(shown[i].title, "");
  }
  hide_foreign(by(9, role::admin), all);
  CAF_CHECK_EQUAL(*all[2].run.error_text, "e");
}
