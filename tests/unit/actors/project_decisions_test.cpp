#define CAF_SUITE project_decisions
#include "actors/project_decisions.hpp"
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

project row_of(int64_t owner) {
  project x;
  x.id = 5;
  x.name = "P";
  x.user_id = owner;
  x.search_text = "p\n";
  x.updated_at = timestamp{1000};
  return x;
}

facts<project> with(project row) {
  facts<project> out;
  out.now = noon;
  out.rows.push_back(std::move(row));
  return out;
}

task task_of(int64_t id, int64_t project_id, task_status status) {
  task x;
  x.id = id;
  x.skill_name = "s";
  x.user_id = "1";
  x.project_id = project_id;
  x.status = status;
  return x;
}

errc code(const caf::expected<outcome<project>>& x) {
  return x ? errc{} : classify(x.error());
}

std::string statuses(outcome<project>& x) {
  std::string out;
  for (auto& row : x.also<task>())
    out += std::to_string(row.id) + ':' + std::string{name_of(row.status)}
           + ' ';
  return out;
}

} // namespace

CAF_TEST(a new project is trimmed and an empty description is none) {
  facts<project> now;
  now.now = noon;
  now.new_id = 9;
  auto given_fields = patch<project>{}
                          .give(&project::name, "\xc2\xa0 My Plan\n")
                          .give(&project::description, std::string{"  "});
  auto x = created_project(by(3), given_fields)(now);
  CAF_REQUIRE(x);
  auto& row = x->rows.front();
  CAF_CHECK_EQUAL(row.name, "My Plan");
  CAF_CHECK(!row.description);
  CAF_CHECK_EQUAL(row.search_text, "my plan\n");
  CAF_CHECK_EQUAL(*row.user_id, 3);
  CAF_CHECK_EQUAL(row.id, 9);
}

CAF_TEST(absent comes before foreign and foreign before an empty change) {
  CAF_CHECK(code(updated_project(by(1), 5, {})({})) == errc::not_found);
  CAF_CHECK(code(updated_project(by(2), 5, {})(with(row_of(1))))
            == errc::forbidden);
  CAF_CHECK(code(updated_project(by(1), 5, {})(with(row_of(1))))
            == errc::bad_request);
  auto ownerless = row_of(1);
  ownerless.user_id.reset();
  CAF_CHECK(code(removed_project(by(1), 5)(with(ownerless)))
            == errc::forbidden);
  CAF_CHECK(removed_project(by(9, role::admin), 5)(with(ownerless)));
}

CAF_TEST(a change that changes nothing writes nothing) {
  auto same = patch<project>{}.give(&project::name, " P ");
  auto x = updated_project(by(1), 5, same)(with(row_of(1)));
  CAF_REQUIRE(x);
  CAF_CHECK_EQUAL(x->rows.front().version, 1);
  CAF_CHECK(x->rows.front().updated_at == timestamp{1000});
  auto other = patch<project>{}.give(&project::name, "Q");
  auto y = updated_project(by(1), 5, other)(with(row_of(1)));
  CAF_REQUIRE(y);
  CAF_CHECK_EQUAL(y->rows.front().version, 2);
  CAF_CHECK_EQUAL(y->rows.front().search_text, "q\n");
}

CAF_TEST(deleting takes the living tasks of this project along) {
  row_map<task> tasks{{1, task_of(1, 5, task_status::running)},
                      {2, task_of(2, 5, task_status::deleted)},
                      {3, task_of(3, 6, task_status::pending)},
                      {4, task_of(4, 5, task_status::disabled)}};
  execution waiting;
  waiting.id = 11;
  waiting.task_id = 1;
  waiting.run_after = noon;
  auto other = waiting;
  other.id = 12;
  other.task_id = 3;
  row_map<execution> runs{{11, waiting}, {12, other}};
  auto now = with(row_of(1));
  now.show(tasks).show(runs);
  auto x = removed_project(by(1), 5)(now);
  CAF_REQUIRE(x);
  CAF_CHECK_EQUAL(statuses(*x), "1:deleted 4:deleted ");
  CAF_CHECK_EQUAL(x->events.size(), 2u);
  CAF_CHECK_EQUAL(x->also<execution>().size(), 1u);
  CAF_CHECK(x->rows.front().status == project_status::deleted);
}

CAF_TEST(a deleted project is gone for all but an admin who gives a status) {
  auto gone = row_of(1);
  gone.status = project_status::deleted;
  auto revive = patch<project>{}.give(&project::status, project_status::active);
  auto rename = patch<project>{}.give(&project::name, "Q");
  auto admin = by(9, role::admin);
  CAF_CHECK(code(removed_project(admin, 5)(with(gone))) == errc::not_found);
  CAF_CHECK(code(updated_project(by(1), 5, revive)(with(gone)))
            == errc::not_found);
  CAF_CHECK(code(updated_project(admin, 5, rename)(with(gone)))
            == errc::not_found);
  auto with_it = task_of(1, 5, task_status::deleted);
  with_it.updated_at = gone.updated_at;
  auto before = task_of(2, 5, task_status::deleted);
  row_map<task> tasks{{1, with_it}, {2, before}};
  auto now = with(gone);
  now.show(tasks);
  auto x = updated_project(admin, 5, revive)(now);
  CAF_REQUIRE(x);
  CAF_CHECK(x->rows.front().status == project_status::active);
  CAF_CHECK_EQUAL(x->rows.front().tasks_count, 1);
  CAF_CHECK_EQUAL(statuses(*x), "1:disabled ");
  CAF_CHECK_EQUAL(*x->events.at(0).status, "disabled");
}
