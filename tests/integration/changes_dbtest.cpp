#define CAF_SUITE changes
#include "actors/task_decisions.hpp"
#include "actors/token_decisions.hpp"
#include "actors/user_decisions.hpp"
#include "protocols/error.hpp"
#include "storage/changes.hpp"
#include "storage/lists.hpp"
#include "tests/support/row_lock.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <future>
#include <thread>

using namespace callboard;
using namespace callboard::actors;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

call by(int64_t who) {
  call out;
  out.user_id = who;
  out.request_id = "request";
  out.address = "10.0.0.1";
  out.deadline = deadline_in(10s);
  return out;
}

change_request<task> creation(int64_t who, const char* skill = "build") {
  auto given = patch<task>{}
                   .give(&task::skill_name, skill)
                   .give(&task::schedule_cron, std::string{"0 9 * * *"});
  change_request<task> out;
  out.ctx = by(who);
  out.inserts = true;
  out.decide = created(out.ctx, given);
  return out;
}

change_request<task> keyed(int64_t who, const std::string& key,
                           const std::string& body = "body") {
  auto out = creation(who);
  out.ctx.once = {key, "POST /x", body};
  out.decide = created(out.ctx, patch<task>{}
                                    .give(&task::skill_name, std::string{"k"})
                                    .give(&task::next_run_at, timestamp{1}));
  return out;
}

change_request<task> titled(int64_t who, int64_t id, const std::string& title) {
  change_request<task> out;
  out.ctx = by(who);
  out.rows = {lookup::id, {id}};
  out.decide = updated(out.ctx, id, patch<task>{}.give(&task::title, title));
  return out;
}

change_request<user> account(const std::string& name,
                             const std::string& email) {
  user x;
  x.username = name;
  x.email = x.email_folded = email;
  x.hashed_password = "$2b$";
  change_request<user> out;
  out.ctx = by(0);
  out.inserts = true;
  out.rows = {lookup::name, {name, email}};
  out.decide = registered(x);
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

} // namespace

CAF_TEST(a batch gives each caller its own row audit and position) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    auto batch = run<task>(*db, {creation(1), creation(2), creation(1)});
    CAF_REQUIRE_EQUAL(batch.results.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      auto& done = batch.results[i];
      CAF_REQUIRE(done);
      CAF_CHECK_EQUAL(done->rows.front().id, static_cast<int64_t>(i) + 1);
      CAF_CHECK_EQUAL(done->position, static_cast<int64_t>(i) + 1);
    }
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM audit_logs"), 3);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM events"), 3);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT position FROM event_position"), 3);
    CAF_CHECK_EQUAL(
        number_of(*db,
                  "SELECT count(*) FROM audit_logs WHERE user_id = '1' AND "
                  "operation = 'CREATE' AND changed_fields IS NULL AND "
                  "request_id = 'request' AND ip_address = '10.0.0.1'"),
        2);
  });
}

CAF_TEST(two changes of one row in one batch are chained) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    run<task>(*db, {creation(1)});
    auto batch = run<task>(*db, {titled(1, 1, "a"), titled(1, 1, "b")});
    CAF_REQUIRE(batch.results[0] && batch.results[1]);
    CAF_CHECK_EQUAL(batch.results[0]->rows.front().version, 2);
    CAF_CHECK_EQUAL(batch.results[1]->rows.front().version, 3);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT version FROM scheduled_tasks"), 3);
    CAF_CHECK_EQUAL(
        number_of(*db, "SELECT count(*) FROM audit_logs WHERE changed_fields = "
                       R"('{"title":{"new":"b","old":"a"}}')"),
        1);
  });
}

CAF_TEST(a refused decision writes nothing and harms nobody) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    run<task>(*db, {creation(1)});
    auto batch
        = run<task>(*db, {titled(2, 1, "foreign"), titled(1, 99, "absent"),
                          titled(1, 1, "good")});
    CAF_CHECK(classify(batch.results[0].error()) == errc::forbidden);
    CAF_CHECK(classify(batch.results[1].error()) == errc::not_found);
    CAF_CHECK(batch.results[2]);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM audit_logs"), 2);
  });
}

CAF_TEST(of one key in one batch the first runs and its twins are refused) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    run<user>(*db, {account("ann", "a@b.de"), account("bob", "c@d.de")});
    auto batch = run<task>(*db, {keyed(1, "k"), creation(1), keyed(1, "k"),
                                 keyed(2, "k"), keyed(1, "l"), keyed(1, "k")});
    for (size_t i : {0u, 1u, 3u, 4u})
      CAF_CHECK(batch.results[i]);
    for (size_t i : {2u, 5u})
      CAF_CHECK(classify(batch.results[i].error()) == errc::conflict);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM scheduled_tasks"), 4);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM idempotency_keys"), 3);
  });
}

CAF_TEST(a batch may replay refuse and run and each caller gets its own) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    run<user>(*db, {account("ann", "a@b.de")});
    auto first = run<task>(*db, {keyed(1, "a"), keyed(1, "b")});
    auto batch = run<task>(*db, {keyed(1, "b"), keyed(1, "c"),
                                 keyed(1, "a", "other"), creation(1)});
    CAF_REQUIRE(batch.results[0] && batch.results[1] && batch.results[3]);
    CAF_CHECK(batch.results[0]->rows.empty());
    auto& kept = batch.results[0]->kept;
    CAF_CHECK_EQUAL(kept.status, 201);
    CAF_CHECK_EQUAL(kept.body, first.results[1]->kept.body);
    CAF_CHECK_EQUAL(kept.location, "/api/v1/tasks/2");
    CAF_CHECK_EQUAL(kept.tag, first.results[1]->kept.tag);
    CAF_CHECK(classify(batch.results[2].error()) == errc::rejected);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM scheduled_tasks"), 4);
    CAF_CHECK_EQUAL(
        number_of(*db, "SELECT max(position) - count(*) FROM events"), 0);
  });
}

CAF_TEST(a twin that commits behind the look for its row is replayed) {
  test_database x{dialect_kind::postgres, content::migrated};
  auto db = x.connect();
  auto other = x.connect();
  run<user>(*db, {account("ann", "a@b.de")});
  auto late = keyed(1, "k");
  int times = 0;
  late.decide = [&, inner = late.decide](const facts<task>& now) {
    ++times;
    test::run(*other, "INSERT INTO idempotency_keys (user_id, key, request, "
                      "body_hash, status, response_headers, response_body) "
                      "VALUES (1, 'k', 'POST /x', 'body', 201, '{}', 'twin')");
    return inner(now);
  };
  auto batch = run<task>(*db, {creation(1), late});
  CAF_REQUIRE(batch.results[0] && batch.results[1]);
  CAF_CHECK_EQUAL(batch.results[1]->kept.body, "twin");
  CAF_CHECK(batch.results[1]->rows.empty());
  CAF_CHECK_EQUAL(times, 1);
  CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM scheduled_tasks"), 1);
}

CAF_TEST(an erased account takes its kept answers along) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    run<user>(*db, {account("ann", "a@b.de"), account("bob", "c@d.de")});
    run<task>(*db, {keyed(1, "k"), keyed(2, "k")});
    change_request<user> wanted;
    wanted.ctx = by(1);
    wanted.rows = {lookup::admins, {int64_t{1}}};
    wanted.also<refresh_token>() = {lookup::owner, {int64_t{1}}};
    wanted.decide = erased(1);
    CAF_REQUIRE(run<user>(*db, {wanted}).results[0]);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT sum(user_id) FROM "
                                   "idempotency_keys"),
                    2);
  });
}

CAF_TEST(a change that fails keeps nothing of its key) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    run<user>(*db, {account("ann", "a@b.de")});
    auto bad = keyed(1, "k");
    bad.decide = [inner = bad.decide](const facts<task>& now) {
      auto out = inner(now);
      out->rows.front().skill_name = std::string(300, 'x'); // varchar(255)
      return out;
    };
    auto refused = keyed(1, "l");
    refused.decide = [](const facts<task>&) -> caf::expected<outcome<task>> {
      return caf::make_error(errc::bad_request);
    };
    auto batch = run<task>(*db, {bad, refused, creation(1)});
    CAF_CHECK(!batch.results[0] && !batch.results[1]);
    CAF_CHECK(batch.results[2]);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM idempotency_keys"), 0);
    CAF_CHECK(run<task>(*db, {keyed(1, "k"), keyed(1, "l")}).results[0]);
  });
}

CAF_TEST(of two writers who know one version in one batch one wins) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    run<task>(*db, {creation(1)});
    auto knowing = [](const char* title) {
      auto out = titled(1, 1, title);
      out.ctx.if_match = {"1.1"};
      out.decide = updated(out.ctx, 1, patch<task>{}.give(&task::title, title));
      return out;
    };
    auto batch = run<task>(*db, {knowing("a"), knowing("b")});
    CAF_CHECK(batch.results[0]);
    CAF_CHECK(classify(batch.results[1].error()) == errc::precondition_failed);
  });
}

CAF_TEST(what was answered is what is read) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    auto batch = run<task>(*db, {creation(1, "\"quoted\" {x,y} \\ NULL")});
    CAF_REQUIRE(batch.results[0]);
    fetch_batch<task_detail> read;
    read.wanted = {{lookup::id, {int64_t{1}}}, {lookup::id, {int64_t{2}}}};
    read.deadline = deadline_in(10s);
    CAF_REQUIRE(!run_fetches(*db, read));
    CAF_REQUIRE_EQUAL(read.results[0]->size(), 1u);
    CAF_CHECK(to_record(read.results[0]->front().row)
              == to_record(batch.results[0]->rows.front()));
    CAF_CHECK(read.results[1]->empty());
  });
}

CAF_TEST(twins in one batch get one account and one refusal) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    auto batch
        = run<user>(*db, {account("ann", "a@b.de"), account("ann", "c@d.de"),
                          account("bob", "a@b.de"), account("eve", "e@f.de")});
    CAF_CHECK(batch.results[0]);
    CAF_CHECK_EQUAL(detail(batch.results[1].error()),
                    "Username already registered");
    CAF_CHECK_EQUAL(detail(batch.results[2].error()),
                    "Email already registered");
    CAF_CHECK(batch.results[3]);
  });
}

CAF_TEST(a row that breaks a constraint fails alone) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    auto bad = creation(1);
    bad.decide = [inner = bad.decide](const facts<task>& now) {
      auto out = inner(now);
      out->rows.front().skill_name = std::string(300, 'x'); // varchar(255)
      return out;
    };
    auto batch = run<task>(*db, {creation(1), bad, creation(1)});
    CAF_CHECK(batch.results[0]);
    CAF_CHECK(!batch.results[1]);
    CAF_CHECK(batch.results[2]);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM scheduled_tasks"), 2);
    CAF_CHECK_EQUAL(
        number_of(*db, "SELECT max(position) - count(*) FROM events"), 0);
  });
}

CAF_TEST(a row locked by another session is named and the others go on) {
  test_database x{dialect_kind::postgres, content::migrated};
  auto db = x.connect();
  run<task>(*db, {creation(1), creation(1)});
  row_lock lock{x.url, "SELECT 1 FROM scheduled_tasks WHERE id = 1 FOR UPDATE"};
  auto batch = run<task>(*db, {titled(1, 1, "a"), titled(1, 2, "b")});
  CAF_REQUIRE_EQUAL(batch.blocked.size(), 1u);
  CAF_CHECK_EQUAL(batch.blocked[0], 0u);
  CAF_CHECK(batch.results[1]);
}

CAF_TEST(a batch waits for the place of a slow commit and stays whole) {
  test_database x{dialect_kind::postgres, content::migrated};
  auto db = x.connect();
  auto observer = x.connect();
  row_lock lock{x.url, "UPDATE event_position SET position = position + 1"};
  auto running = std::async(std::launch::async, [&] {
    return run<task>(*db, {creation(1), creation(1)});
  });
  while (running.wait_for(0s) != std::future_status::ready
         && number_of(*observer, "SELECT count(*) FROM pg_locks WHERE "
                                 "waitstart < clock_timestamp() - interval "
                                 "'200 ms'")
                == 0)
    std::this_thread::yield(); // twice what a row is waited for
  lock.commit();
  auto batch = running.get();
  CAF_CHECK(batch.blocked.empty());
  CAF_REQUIRE(batch.results[0] && batch.results[1]);
  CAF_CHECK_EQUAL(batch.results[0]->position, 2);
  CAF_CHECK_EQUAL(batch.results[1]->position, 3);
}

CAF_TEST(a reused token revokes its family in the transaction that refuses it) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    run<user>(*db, {account("ann", "a@b.de")});
    refresh_token row;
    row.user_id = 1;
    row.token = "a";
    row.family_id = "0190f5b2-0000-4000-8000-000000000000";
    row.created_at = now();
    row.expires_at = now() + 1h;
    auto request = [&](selector rows, bool inserts, auto decide) {
      change_request<refresh_token> out;
      out.ctx = by(1);
      out.rows = std::move(rows);
      out.inserts = inserts;
      out.decide = std::move(decide);
      return out;
    };
    auto rotation = [&](const char* old, const char* fresh) {
      auto next = row;
      next.token = fresh;
      return request({lookup::token, {std::string{old}}}, true,
                     rotated(by(7), old, next));
    };
    run<refresh_token>(*db, {request({}, true, issued(row))});
    CAF_CHECK(run<refresh_token>(*db, {rotation("a", "b")}).results[0]);
    auto reuse = run<refresh_token>(*db, {rotation("a", "c")});
    // Another client: no lost answer.
    CAF_REQUIRE(!reuse.results[0]);
    CAF_CHECK(classify(reuse.results[0].error()) == errc::unauthenticated);
    CAF_CHECK_EQUAL(
        number_of(*db, "SELECT count(*) FROM refresh_tokens WHERE revoked"), 2);
    CAF_CHECK(!run<refresh_token>(*db, {rotation("b", "d")}).results[0]);
  });
}

CAF_TEST(lists are filtered sorted and counted alike on both) {
  std::vector<std::string> answers;
  on_both(content::migrated, [&](test_database& x) {
    auto db = x.connect();
    run<task>(*db, {creation(1, "a"), creation(1, "b"), creation(2, "a"),
                    creation(1, "a")});
    std::this_thread::sleep_for(2ms); // a later `updated_at` than the rest
    run<task>(*db, {titled(1, 2, "t")});
    auto ids = [&](task_query query) {
      auto found = answer(*db, query, deadline_in(10s));
      CAF_REQUIRE(found);
      std::string out = std::to_string(found->total) + ':';
      for (auto& row : found->rows)
        out += std::to_string(row.id);
      return out;
    };
    task_query all;
    task_query one;
    one.owner = "1";
    auto skill = one;
    skill.skill_name = "a";
    auto second = all;
    second.limit = 2;
    second.offset = 1;
    second.descending = false;
    auto far = all;
    far.offset = 100;
    auto by_update = one;
    by_update.sort_by = task_order::updated_at;
    auto deleted = all;
    deleted.status = "deleted";
    std::string text;
    for (auto& query : {all, one, skill, second, far, by_update, deleted})
      text += ids(query) + ' ';
    answers.push_back(text);
  });
  CAF_REQUIRE_EQUAL(answers.size(), 2u);
  CAF_CHECK_EQUAL(answers[0], answers[1]);
  CAF_CHECK_EQUAL(answers[0], "4:4321 3:421 2:41 4:23 4: 3:241 0: ");
}
