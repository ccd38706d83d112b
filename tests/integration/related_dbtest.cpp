#define CAF_SUITE related
#include "actors/agent_decisions.hpp"
#include "actors/execution_decisions.hpp"
#include "actors/project_decisions.hpp"
#include "actors/task_decisions.hpp"
#include "protocols/error.hpp"
#include "storage/changes.hpp"
#include "storage/lists.hpp"
#include "tests/support/row_lock.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::actors;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

call by(int64_t who) {
  call out;
  out.user_id = who;
  out.deadline = deadline_in(10s);
  return out;
}

template <class T>
change_request<T> request(int64_t who, selector rows, decision<T> decide) {
  change_request<T> out;
  out.ctx = by(who);
  out.inserts = rows.keys.empty();
  out.rows = std::move(rows);
  out.decide = std::move(decide);
  return out;
}

change_request<project> new_project(int64_t who, const char* name) {
  auto given_fields = patch<project>{}.give(&project::name, name);
  return request<project>(who, {}, created_project(by(who), given_fields));
}

change_request<project> removal(int64_t who, int64_t id) {
  auto out
      = request<project>(who, {lookup::id, {id}}, removed_project(by(who), id));
  out.also<task>() = {lookup::living_of_project, {id}};
  out.also<execution>() = {lookup::open_of_project, {id}};
  return out;
}

change_request<task> new_task(int64_t who, int64_t in_project) {
  auto given_fields = patch<task>{}
                          .give(&task::skill_name, "s")
                          .give(&task::schedule_cron, std::string{"0 9 * * *"})
                          .give(&task::project_id, in_project);
  auto out = request<task>(who, {}, created(by(who), given_fields));
  out.also<project_reference>() = {lookup::id, {in_project}};
  return out;
}

change_request<agent> new_agent(int64_t who, const char* name,
                                std::vector<std::string> capabilities = {}) {
  auto given_fields
      = patch<agent>{}
            .give(&agent::name, name)
            .give(&agent::capabilities, {std::move(capabilities)});
  auto out
      = request<agent>(who, {lookup::name, {int64_t{0}, std::string{name}}},
                       created_agent(by(who), given_fields));
  out.inserts = true;
  return out;
}

change_request<execution> around(int64_t who, int64_t task_id,
                                 decision<execution> decide) {
  auto out = request<execution>(who, {lookup::open_of_task, {task_id}},
                                std::move(decide));
  out.inserts = true;
  out.also<task>() = {lookup::id, {task_id}};
  return out;
}

change_request<execution> report(int64_t who, int64_t agent_id, int64_t task_id,
                                 execution_status status) {
  activity given_fields;
  given_fields.agent_id = agent_id;
  given_fields.task_id = task_id;
  given_fields.status = status;
  auto out = around(who, task_id, reported(by(who), given_fields));
  out.also<agent>() = {lookup::id, {agent_id}};
  return out;
}

template <class T>
change_batch<T> run(connection& db, std::vector<change_request<T>> requests) {
  change_batch<T> batch;
  batch.requests = std::move(requests);
  batch.deadline = deadline_in(10s);
  auto err = run_changes(db, batch);
  if (err)
    CAF_FAIL(detail(err));
  return batch;
}

/// Users 1 and 2; project 1 with tasks 1 and 2, project 2 with task 3, all of
/// user 1; agent 1 of user 1.
std::shared_ptr<connection> furnished(test_database& x) {
  auto db = x.connect();
  for (auto name : {"ann", "bob"})
    callboard::test::run(
        *db, std::string{"INSERT INTO users (username, email, email_folded, "
                         "hashed_password) VALUES ('"}
                 + name + "', '" + name + "', '" + name + "', '')");
  run<project>(*db, {new_project(1, "P"), new_project(1, "Q")});
  run<task>(*db, {new_task(1, 1), new_task(1, 1), new_task(1, 2)});
  run<agent>(*db, {new_agent(1, "a", {"x", "y"})});
  return db;
}

} // namespace

CAF_TEST(related rows are written with their own audit in one transaction) {
  on_both(content::migrated, [](test_database& x) {
    auto db = furnished(x);
    auto before = number_of(*db, "SELECT count(*) FROM audit_logs");
    auto batch = run<project>(*db, {removal(1, 1), removal(2, 2)});
    CAF_REQUIRE(batch.results[0]);
    CAF_CHECK(classify(batch.results[1].error()) == errc::forbidden);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM scheduled_tasks WHERE "
                                   "status = 'deleted' AND version = 2"),
                    2);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM audit_logs") - before,
                    3);
    CAF_CHECK_EQUAL(batch.results[0]->position,
                    number_of(*db, "SELECT position FROM event_position"));
  });
}

CAF_TEST(a cascade that the database refuses leaves nothing behind) {
  on_both(content::migrated, [](test_database& x) {
    auto db = furnished(x);
    auto bad = removal(1, 1);
    bad.decide = [inner = bad.decide](const facts<project>& now) {
      auto out = inner(now);
      out->also<task>().back().skill_name = std::string(300, 'x');
      return out;
    };
    auto batch = run<project>(*db, {bad, removal(1, 2)});
    CAF_CHECK(!batch.results[0]);
    CAF_CHECK(batch.results[1]);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM projects WHERE status "
                                   "= 'deleted'"),
                    1);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM scheduled_tasks WHERE "
                                   "status = 'deleted'"),
                    1);
    CAF_CHECK_EQUAL(
        number_of(*db, "SELECT max(position) - count(*) FROM events"), 0);
  });
}

CAF_TEST(a related row locked by another session blocks its request alone) {
  test_database x{dialect_kind::postgres, content::migrated};
  auto db = furnished(x);
  row_lock lock{x.url, "SELECT 1 FROM scheduled_tasks WHERE id = 2 FOR UPDATE"};
  auto batch = run<project>(*db, {removal(1, 1), removal(1, 2)});
  CAF_REQUIRE_EQUAL(batch.blocked.size(), 1u);
  CAF_CHECK_EQUAL(batch.blocked[0], 0u);
  CAF_CHECK(batch.results[1]);
}

CAF_TEST(a new task waits for a project that is being deleted) {
  test_database x{dialect_kind::postgres, content::migrated};
  auto db = furnished(x);
  row_lock lock{x.url, "SELECT 1 FROM projects WHERE id = 1 FOR UPDATE"};
  auto batch = run<task>(*db, {new_task(1, 1), new_task(1, 2)});
  CAF_CHECK_EQUAL(batch.blocked.size(), 1u);
  CAF_CHECK(batch.results[1]);
}

CAF_TEST(reports of one batch see each other) {
  on_both(content::migrated, [](test_database& x) {
    auto db = furnished(x);
    auto batch
        = run<execution>(*db, {report(1, 1, 1, execution_status::running),
                               report(1, 1, 1, execution_status::success),
                               report(1, 1, 2, execution_status::failed)});
    for (auto& done : batch.results)
      CAF_REQUIRE(done);
    CAF_CHECK_EQUAL(batch.results[0]->rows[0].id, batch.results[1]->rows[0].id);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM execution_results"),
                    2);
    CAF_CHECK_EQUAL(text_of(*db, "SELECT status FROM agents"), "error");
    // idle -> busy -> idle -> error: each change of the status counts.
    CAF_CHECK_EQUAL(number_of(*db, "SELECT version FROM agents"), 4);
  });
}

CAF_TEST(of two runs of one batch the second is refused) {
  on_both(content::migrated, [](test_database& x) {
    auto db = furnished(x);
    auto batch = run<execution>(*db, {around(1, 1, started_run(by(1), 1)),
                                      around(1, 1, started_run(by(1), 1)),
                                      around(1, 2, started_run(by(1), 2))});
    CAF_CHECK(batch.results[0]);
    CAF_CHECK(classify(batch.results[1].error()) == errc::conflict);
    CAF_CHECK(batch.results[2]);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM execution_results "
                                   "WHERE run_after IS NOT NULL"),
                    2);
  });
}

CAF_TEST(twins of one batch get one agent and the other node is named too) {
  on_both(content::migrated, [](test_database& x) {
    auto db = furnished(x);
    auto batch = run<agent>(*db, {new_agent(1, "b"), new_agent(2, "b")});
    CAF_CHECK(batch.results[0]);
    CAF_CHECK(classify(batch.results[1].error()) == errc::conflict);
    auto blind = new_agent(1, "b"); // as if the other row came later
    blind.rows = {};
    blind.inserts = true;
    auto late = run<agent>(*db, {blind});
    CAF_REQUIRE(!late.results[0]);
    CAF_CHECK(classify(late.results[0].error()) == errc::conflict);
    CAF_CHECK_EQUAL(detail(late.results[0].error()), "agents_name_key");
  });
}

CAF_TEST(capabilities follow their agent) {
  on_both(content::migrated, [](test_database& x) {
    auto db = furnished(x);
    auto rows = [&] {
      return number_of(*db, "SELECT count(*) FROM agent_capabilities");
    };
    CAF_CHECK_EQUAL(rows(), 2);
    auto change = [&](const patch<agent>& wish) {
      auto done
          = run<agent>(*db, {request<agent>(1, {lookup::id, {int64_t{1}}},
                                            updated_agent(by(1), 1, wish))});
      CAF_REQUIRE(done.results[0]);
    };
    change(patch<agent>{}.give(&agent::status, agent_status::busy));
    CAF_CHECK_EQUAL(rows(), 2);
    change(patch<agent>{}.give(&agent::capabilities, {{"y", "z", "\"{,}"}}));
    CAF_CHECK_EQUAL(rows(), 3);
    change(patch<agent>{}.give(&agent::capabilities, {}));
    CAF_CHECK_EQUAL(rows(), 0);
  });
}

CAF_TEST(the questions are answered alike on both) {
  std::vector<std::string> answers;
  on_both(content::migrated, [&](test_database& x) {
    auto db = furnished(x);
    run<agent>(*db, {new_agent(2, "b", {"y"}), new_agent(1, "c")});
    run<execution>(*db, {report(1, 1, 1, execution_status::success),
                         report(1, 1, 2, execution_status::failed)});
    std::string text;
    auto deadline = deadline_in(10s);
    auto page_of = [&](auto query) {
      auto found = answer(*db, query, deadline);
      CAF_REQUIRE(found);
      text += std::to_string(found->total) + ':';
      for (auto& row : found->rows)
        text += std::to_string(row.id);
      text += ' ';
    };
    page_of(agent_query{});
    page_of(agent_query{.capabilities = {"y", "none"}});
    page_of(agent_query{.status = "error"});
    page_of(agent_query{.limit = 1, .offset = 5});
    page_of(project_query{.sort_by = project_order::fewest_tasks});
    page_of(project_query{.owner = 2});
    page_of(project_query{.search = "P"});
    page_of(project_query{.search = "%"});
    page_of(audit_query{.table_name = "agents", .record_id = 1});
    page_of(audit_query{.user_id = "2"});
    auto history = answer(*db, history_query{1}, deadline);
    auto nothing = answer(*db, history_query{99}, deadline);
    auto item = answer(*db, agent_item_query{1}, deadline);
    auto absent = answer(*db, agent_item_query{99}, deadline);
    auto project_item = answer(*db, project_tasks_query{1, 1, 1}, deadline);
    CAF_REQUIRE(history && nothing && item && absent && project_item);
    CAF_CHECK_EQUAL(nothing->row.id, 0);
    CAF_CHECK_EQUAL(absent->row.id, 0);
    text += std::to_string(history->runs.total)
            + std::to_string(item->metrics.finished)
            + std::to_string(item->metrics.successes)
            + item->history.at(0).owner
            + std::to_string(project_item->row.tasks_count)
            + std::to_string(project_item->tasks.at(0).id);
    answers.push_back(text);
  });
  CAF_REQUIRE_EQUAL(answers.size(), 2u);
  CAF_CHECK_EQUAL(answers[0], answers[1]);
  CAF_CHECK_EQUAL(answers[0], "3:132 2:12 1:1 3: 2:21 0: 1:1 0: 2:106 1:7 "
                              "121122");
}

CAF_TEST(long texts are cut to their end where many runs are shown) {
  on_both(content::migrated, [](test_database& x) {
    auto db = furnished(x);
    auto big = report(1, 1, 1, execution_status::success);
    activity given_fields{1, 1, execution_status::success,
                          std::string(shown_text, 'x') + "\xc3\xa9nd"};
    big.decide = reported(by(1), given_fields);
    auto short_one = report(1, 1, 1, execution_status::failed);
    run<execution>(*db, {big, short_one});
    auto found = answer(*db, history_query{1}, deadline_in(10s));
    CAF_REQUIRE(found);
    CAF_REQUIRE_EQUAL(found->runs.rows.size(), 2u);
    for (auto& row : found->runs.rows) {
      if (!row.output_text)
        continue;
      CAF_CHECK_EQUAL(row.output_text->size(),
                      static_cast<size_t>(shown_text) + 1);
      CAF_CHECK(row.output_text->ends_with("x\xc3\xa9nd"));
    }
  });
}
