#define CAF_SUITE event_stream
#include "actors/task_decisions.hpp"
#include "actors/token_decisions.hpp"
#include "actors/user_decisions.hpp"
#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/system_config.hpp"
#include "storage/changes.hpp"
#include "storage/event_log.hpp"
#include "storage/lists.hpp"
#include "storage/sql.hpp"
#include "storage/store_worker.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

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
  out.deadline = deadline_in(10s);
  return out;
}

change_request<task> creation(int64_t who, const std::string& skill = "build") {
  auto given = patch<task>{}
                   .give(&task::skill_name, skill)
                   .give(&task::schedule_cron, std::string{"0 9 * * *"});
  change_request<task> out;
  out.ctx = by(who);
  out.inserts = true;
  out.decide = created(out.ctx, given);
  return out;
}

/// The database refuses it.
change_request<task> bad_creation() {
  auto out = creation(1);
  out.decide = [inner = out.decide](const facts<task>& now) {
    auto made = inner(now);
    made->rows.front().skill_name = std::string(300, 'x');
    return made;
  };
  return out;
}

template <class T>
change_batch<T> changes(std::vector<change_request<T>> requests) {
  change_batch<T> out;
  out.requests = std::move(requests);
  out.deadline = deadline_in(10s);
  return out;
}

events stored(connection& db, int64_t after = 0) {
  std::vector<cell> params{after};
  auto found
      = select<event>(db, "WHERE position > $1 ORDER BY position", params);
  if (!found)
    CAF_FAIL(detail(found.error()));
  return std::move(*found);
}

bool same(const events& a, const events& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(),
      [](auto& x, auto& y) { return to_record(x) == to_record(y); });
}

events some(size_t n) {
  events out(n);
  for (auto& x : out) {
    x.type = "sync_status_changed";
    x.audience = "admins";
    x.channel = "sync";
    x.data.text = R"({"a":"\u00e9"})";
    x.created_at = timestamp{1'700'000'000'123};
  }
  return out;
}

event_page page_of(connection& db, int64_t after, int64_t limit = 500) {
  auto found = answer(db, event_query{after, limit}, deadline_in(10s));
  if (!found)
    CAF_FAIL(detail(found.error()));
  return std::move(*found);
}

void register_user(connection& db, const std::string& name, role as) {
  user x;
  x.username = name;
  x.email = x.email_folded = name + "@example.com";
  x.hashed_password = "$2b$";
  x.as = as;
  change_request<user> wanted;
  wanted.ctx = by(0);
  wanted.inserts = true;
  wanted.rows = {lookup::name, {name, x.email}};
  wanted.decide = registered(x);
  auto batch = changes<user>({wanted});
  CAF_REQUIRE(!run_changes(db, batch));
  CAF_REQUIRE(batch.results[0]);
}

change_request<refresh_token> token_change(selector rows, bool inserts,
                                           decision<refresh_token> decide) {
  change_request<refresh_token> out;
  out.ctx = by(1);
  out.rows = std::move(rows);
  out.inserts = inserts;
  out.decide = std::move(decide);
  return out;
}

} // namespace

CAF_TEST(a page has the rows behind a place and the ends of the stream) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    auto empty = page_of(*db, 0);
    CAF_CHECK(is_uuid(empty.epoch));
    CAF_CHECK_EQUAL(empty.last, 0);
    CAF_CHECK(empty.rows.empty());
    auto batch = changes<task>({creation(1), creation(2), creation(1)});
    CAF_REQUIRE(!run_changes(*db, batch));
    run(*db, "UPDATE event_stream SET pruned_to = 1; DELETE FROM events WHERE "
             "position = 1");
    auto all = page_of(*db, 0);
    CAF_CHECK_EQUAL(all.epoch, empty.epoch);
    CAF_CHECK_EQUAL(all.pruned_to, 1);
    CAF_CHECK_EQUAL(all.last, 3);
    CAF_CHECK(same(all.rows, stored(*db)));
    CAF_CHECK(same(page_of(*db, 1, 1).rows, {stored(*db)[0]}));
    auto behind = page_of(*db, 3);
    CAF_CHECK(behind.rows.empty());
    CAF_CHECK_EQUAL(behind.last, 3);
    auto place = read_stream(*db);
    CAF_REQUIRE(place);
    CAF_CHECK(*place == (stream_position{empty.epoch, 3}));
  });
}

CAF_TEST(events of no other change get positions of their own) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    auto batch = changes<task>({creation(1)});
    CAF_REQUIRE(!run_changes(*db, batch));
    auto given = some(3);
    auto last = append_events(*db, given, deadline_in(10s));
    CAF_REQUIRE(last);
    CAF_CHECK_EQUAL(*last, 4);
    CAF_CHECK(same(given, stored(*db, 1)));
    events none;
    auto nothing = append_events(*db, none, deadline_in(10s));
    CAF_REQUIRE(nothing);
    CAF_CHECK_EQUAL(*nothing, 0);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT position FROM event_position"), 4);
  });
}

CAF_TEST(appends of several sessions leave no gap) {
  on_both(content::migrated, [](test_database& x) {
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i)
      writers.emplace_back([&x] {
        auto db = x.connect();
        for (int n = 0; n < 25; ++n) {
          auto given = some(2);
          if (auto last = append_events(*db, given, deadline_in(30s)); !last)
            CAF_ERROR(detail(last.error()));
        }
      });
    for (auto& writer : writers)
      writer.join();
    auto db = x.connect();
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM events"), 200);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT max(position) FROM events"), 200);
  });
}

CAF_TEST(a batch tells of its events as they are stored) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    auto batch = changes<task>({creation(1), creation(2)});
    CAF_REQUIRE(!run_changes(*db, batch));
    CAF_CHECK_EQUAL(batch.committed.size(), 2u);
    CAF_CHECK(same(batch.committed, stored(*db)));
    CAF_CHECK_EQUAL(batch.results[1]->position, 2);
  });
}

CAF_TEST(when each request runs alone all that was committed is told) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    auto batch = changes<task>({creation(1), bad_creation(), creation(2)});
    CAF_REQUIRE(!run_changes(*db, batch));
    CAF_CHECK(!batch.results[1]);
    CAF_CHECK_EQUAL(batch.committed.size(), 2u); // not those rolled back
    CAF_CHECK(same(batch.committed, stored(*db)));
    auto failing = changes<task>({bad_creation()});
    CAF_REQUIRE(!run_changes(*db, failing));
    CAF_CHECK(failing.committed.empty());
  });
}

CAF_TEST(a refusal that writes tells of its event) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    register_user(*db, "ann", role::user);
    refresh_token row;
    row.user_id = 1;
    row.token = "a";
    row.family_id = "0190f5b2-0000-4000-8000-000000000000";
    row.created_at = now();
    row.expires_at = now() + 1h;
    auto next = row;
    next.token = "b";
    auto first = changes<refresh_token>({token_change({}, true, issued(row))});
    CAF_REQUIRE(!run_changes(*db, first));
    selector old{lookup::token, {std::string{"a"}}};
    auto rotation = changes<refresh_token>(
        {token_change(old, true, rotated(by(1), "a", next))});
    CAF_REQUIRE(!run_changes(*db, rotation));
    CAF_CHECK(rotation.committed.empty()); // takes no right
    auto client = by(1);
    client.address = "10.0.0.9"; // another client: no lost answer
    next.token = "c";
    auto reuse = changes<refresh_token>(
        {token_change(old, true, rotated(client, "a", next))});
    CAF_REQUIRE(!run_changes(*db, reuse));
    CAF_CHECK(!reuse.results[0]);
    CAF_REQUIRE_EQUAL(reuse.committed.size(), 1u);
    CAF_CHECK(same(reuse.committed, stored(*db)));
    auto read = read_revocation(reuse.committed.front());
    CAF_REQUIRE(read);
    CAF_CHECK(*read == (revocation{1, false, {}, {row.family_id}}));
  });
}

CAF_TEST(an erasure tells of itself and keeps its own events whole) {
  on_both(content::migrated, [](test_database& x) {
    auto db = x.connect();
    register_user(*db, "ann", role::user);
    auto batch = changes<task>({creation(1)});
    CAF_REQUIRE(!run_changes(*db, batch));
    change_request<user> wanted;
    wanted.ctx = by(1);
    wanted.rows = {lookup::admins, {int64_t{1}}};
    wanted.also<refresh_token>() = {lookup::owner, {int64_t{1}}};
    wanted.decide = erased(1);
    auto erasure = changes<user>({wanted});
    CAF_REQUIRE(!run_changes(*db, erasure));
    CAF_REQUIRE(erasure.results[0]);
    CAF_REQUIRE_EQUAL(erasure.committed.size(), 2u);
    CAF_CHECK(same(erasure.committed, stored(*db, 1)));
    CAF_CHECK_EQUAL(erasure.committed[1].type, "account_erased");
    auto read = read_revocation(stored(*db, 1).front());
    CAF_REQUIRE(read);
    CAF_CHECK(*read == (revocation{1, true, {}, {}}));
    CAF_CHECK(stored(*db).front().data.text == "{}");
  });
}

CAF_TEST(the worker tells before it answers) {
  on_both(content::migrated, [](test_database& x) {
    system_config cfg;
    caf::actor_system sys{cfg};
    caf::scoped_actor self{sys};
    worker_settings settings;
    settings.front
        = [front = caf::actor_cast<caf::actor>(self)] { return front; };
    settings.board = std::make_shared<worker_board>();
    settings.mark = std::make_shared<stream_mark>();
    auto heard = std::make_shared<events>();
    auto times = std::make_shared<std::atomic<int>>(0);
    settings.committed = [heard, times](events added) {
      ++*times;
      heard->insert(heard->end(), added.begin(), added.end());
    };
    auto worker = sys.spawn<caf::detached>(store_worker, x.connect(), settings);
    auto write = [&](auto batch) {
      self->request(worker, caf::infinite, atom::write_v, batch)
          .receive([](const decltype(batch)&) {},
                   [](caf::error& err) { CAF_ERROR(detail(err)); });
    };
    write(std::make_shared<change_batch<task>>(
        changes<task>({creation(1), bad_creation(), creation(2)})));
    CAF_CHECK_EQUAL(settings.mark->committed.load(), 2);
    CAF_CHECK_EQUAL(times->load(), 1);
    write(
        std::make_shared<change_batch<task>>(changes<task>({bad_creation()})));
    CAF_CHECK_EQUAL(times->load(), 1);
    int64_t last = 0;
    self->request(worker, caf::infinite, atom::write_v, some(2),
                  deadline_in(10s))
        .receive([&](int64_t position) { last = position; },
                 [](caf::error& err) { CAF_ERROR(detail(err)); });
    CAF_CHECK_EQUAL(last, 4);
    CAF_CHECK_EQUAL(settings.mark->committed.load(), 4);
    CAF_CHECK(same(*heard, stored(*x.connect())));
    self->send_exit(worker, caf::exit_reason::user_shutdown);
    self->wait_for(worker);
  });
}
