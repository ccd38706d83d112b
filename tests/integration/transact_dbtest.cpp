#define CAF_SUITE transact

#include "protocols/call.hpp"
#include "protocols/error.hpp"
#include "storage/transact.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <future>
#include <stdexcept>
#include <thread>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* add_project
    = "INSERT INTO projects (name) VALUES ('new') RETURNING id";

caf::expected<int64_t> add(connection& db) {
  auto found = db.query(add_project, {}, {{cell_kind::integer}});
  if (!found)
    return found.error();
  return std::get<int64_t>((*found)[0][0]);
}

int64_t projects(connection& db) {
  return number_of(db, "SELECT count(*) FROM projects");
}

caf::error raise(connection& db, std::string sqlstate) {
  return db.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '"
                    + sqlstate + "'; END $$");
}

caf::expected<int64_t> update(connection& db, int64_t id) {
  auto found = db.query("UPDATE projects SET version = version + 1 WHERE id = "
                        "$1 RETURNING version",
                        std::vector<cell>{id}, {{cell_kind::integer}});
  if (!found)
    return found.error();
  return std::get<int64_t>((*found)[0][0]);
}

struct two_sessions : test_database {
  two_sessions() : test_database(dialect_kind::postgres, content::migrated) {
    run(*one, "INSERT INTO projects (name) VALUES ('first'), ('second')");
  }
  std::shared_ptr<connection> one = connect();
  std::shared_ptr<connection> two = connect();
};

} // namespace

CAF_TEST(a value commits) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto id = transact<int64_t>(*db, deadline_in(5s), lock_wait::brief,
                                [&] { return add(*db); });
    CAF_REQUIRE(id);
    CAF_CHECK_EQUAL(*id, 1);
    CAF_CHECK_EQUAL(projects(*place.connect()), 1);
  });
}

CAF_TEST(an error rolls back and reaches the caller unchanged) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto id = transact<int64_t>(
        *db, deadline_in(5s), lock_wait::brief,
        [&]() -> caf::expected<int64_t> {
          CAF_REQUIRE(add(*db));
          return caf::make_error(errc::forbidden, std::string{"not yours"});
        });
    CAF_REQUIRE(!id);
    CAF_CHECK_EQUAL(classify(id.error()), errc::forbidden);
    CAF_CHECK_EQUAL(detail(id.error()), "not yours");
    CAF_CHECK_EQUAL(projects(*db), 0);
  });
}

CAF_TEST(an exception rolls back and becomes internal) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto id = transact<int64_t>(*db, deadline_in(5s), lock_wait::brief,
                                [&]() -> caf::expected<int64_t> {
                                  CAF_REQUIRE(add(*db));
                                  throw std::logic_error{"a bug"};
                                });
    CAF_REQUIRE(!id);
    CAF_CHECK_EQUAL(classify(id.error()), errc::internal);
    CAF_CHECK_EQUAL(projects(*db), 0);
    CAF_CHECK(transact<int64_t>(*db, deadline_in(5s), lock_wait::brief,
                                [&] { return add(*db); }));
  });
}

CAF_TEST(nothing runs after the deadline) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    bool ran = false;
    auto id = transact<int64_t>(*db, deadline_in(0s), lock_wait::brief, [&] {
      ran = true;
      return add(*db);
    });
    CAF_REQUIRE(!id);
    CAF_CHECK_EQUAL(classify(id.error()), errc::deadline_exceeded);
    CAF_CHECK(!ran);
  });
}

CAF_TEST(what is done too late is not committed) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto deadline = deadline_in(100ms);
    auto id = transact<int64_t>(*db, deadline, lock_wait::brief, [&] {
      auto result = add(*db);
      while (remaining_until(deadline).count() > 0)
        std::this_thread::sleep_for(1ms);
      return result;
    });
    CAF_REQUIRE(!id);
    CAF_CHECK_EQUAL(classify(id.error()), errc::deadline_exceeded);
    CAF_CHECK_EQUAL(projects(*db), 0);
  });
}

CAF_TEST(a commit that PostgreSQL would turn into a rollback is an error) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto id = transact<int64_t>(*db, deadline_in(5s), lock_wait::brief, [&] {
      auto result = add(*db);
      CAF_CHECK(db->execute("INSERT INTO event_position VALUES (1, 1)"));
      return result; // ignores the failure
    });
    CAF_CHECK(!id);
    CAF_CHECK_EQUAL(projects(*db), 0);
  });
}

CAF_TEST(a serialisation failure runs again and succeeds) {
  two_sessions place;
  int runs = 0;
  auto done = transact<int64_t>(
      *place.one, deadline_in(5s), lock_wait::brief,
      [&]() -> caf::expected<int64_t> {
        if (++runs == 1) {
          CAF_REQUIRE(!place.one->execute(
              "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
          CAF_REQUIRE_EQUAL(projects(*place.one), 2); // takes the snapshot
          CAF_REQUIRE(update(*place.two, 1));
        }
        return update(*place.one, 1);
      });
  CAF_REQUIRE(done);
  CAF_CHECK_EQUAL(*done, 3);
  CAF_CHECK_EQUAL(runs, 2);
}

CAF_TEST(both sides of a deadlock succeed in the end) {
  two_sessions place;
  std::promise<void> one_holds;
  std::promise<void> two_holds;
  auto crosswise = [&](connection& db, int64_t first, int64_t then, int& runs,
                       std::promise<void>& mine, std::promise<void>& theirs) {
    return transact<int64_t>(db, deadline_in(10s), lock_wait::patient,
                             [&, first, then]() -> caf::expected<int64_t> {
                               auto held = update(db, first);
                               if (!held)
                                 return held;
                               if (++runs == 1) {
                                 mine.set_value();
                                 theirs.get_future().wait();
                               }
                               return update(db, then);
                             });
  };
  int runs_one = 0;
  int runs_two = 0;
  auto other = std::async(std::launch::async, [&] {
    return crosswise(*place.two, 2, 1, runs_two, two_holds, one_holds);
  });
  auto mine = crosswise(*place.one, 1, 2, runs_one, one_holds, two_holds);
  auto theirs = other.get();
  CAF_CHECK(mine);
  CAF_CHECK(theirs);
  // The victim's next run may take its row again before the other is awake.
  CAF_CHECK(runs_one + runs_two >= 3);
}

CAF_TEST(retrying ends at the deadline) {
  two_sessions place;
  int runs = 0;
  auto done
      = transact<int64_t>(*place.one, deadline_in(300ms), lock_wait::brief,
                          [&]() -> caf::expected<int64_t> {
                            ++runs;
                            auto err = raise(*place.one, "40001");
                            CAF_REQUIRE(err);
                            return err;
                          });
  CAF_REQUIRE(!done);
  CAF_CHECK_EQUAL(classify(done.error()), errc::deadline_exceeded);
  CAF_CHECK(runs > 1);
}

CAF_TEST(a brief transaction leaves a locked row after a moment) {
  two_sessions place;
  CAF_REQUIRE(!place.two->begin({5s}));
  CAF_REQUIRE(update(*place.two, 1));
  auto begun = std::chrono::steady_clock::now();
  int runs = 0;
  auto done
      = transact<int64_t>(*place.one, deadline_in(20s), lock_wait::brief, [&] {
          ++runs;
          return update(*place.one, 1);
        });
  auto took = std::chrono::steady_clock::now() - begun;
  CAF_REQUIRE(!done);
  CAF_CHECK(is_locked(done.error()));
  CAF_CHECK(!is_outage(done.error()));
  CAF_CHECK_EQUAL(classify(done.error()), errc::unavailable);
  CAF_CHECK_EQUAL(detail(done.error()), "Service unavailable");
  CAF_CHECK_EQUAL(runs, 1);
  CAF_CHECK(took >= 100ms);
  CAF_CHECK(took < 10s);
  place.two->rollback();
}

CAF_TEST(a patient transaction waits for a locked row) {
  two_sessions place;
  CAF_REQUIRE(!place.two->begin({5s}));
  CAF_REQUIRE(update(*place.two, 1));
  auto done = std::async(std::launch::async, [&] {
    return transact<int64_t>(*place.one, deadline_in(20s), lock_wait::patient,
                             [&] { return update(*place.one, 1); });
  });
  auto observer = place.connect();
  while (number_of(*observer, "SELECT count(*) FROM pg_locks WHERE NOT granted")
         == 0)
    std::this_thread::yield();
  CAF_CHECK(!place.two->commit());
  auto version = done.get();
  CAF_REQUIRE(version);
  CAF_CHECK_EQUAL(*version, 3);
}

CAF_TEST(a patient transaction gives up at its deadline) {
  two_sessions place;
  CAF_REQUIRE(!place.two->begin({5s}));
  CAF_REQUIRE(update(*place.two, 1));
  auto done
      = transact<int64_t>(*place.one, deadline_in(300ms), lock_wait::patient,
                          [&] { return update(*place.one, 1); });
  CAF_REQUIRE(!done);
  CAF_CHECK_EQUAL(classify(done.error()), errc::deadline_exceeded);
  place.two->rollback();
}

CAF_TEST(a connection lost during the commit is never retried) {
  two_sessions place;
  run(*place.one,
      "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; "
      "CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON projects "
      "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()");
  int runs = 0;
  auto done
      = transact<int64_t>(*place.one, deadline_in(5s), lock_wait::brief, [&] {
          ++runs;
          return update(*place.one, 1);
        });
  CAF_REQUIRE(!done);
  CAF_CHECK(is_outage(done.error()));
  CAF_CHECK_EQUAL(runs, 1);
  CAF_CHECK_EQUAL(projects(*place.one), 2);
}

CAF_TEST(a connection lost before the commit is an outage and not retried) {
  two_sessions place;
  int runs = 0;
  auto done = transact<int64_t>(*place.one, deadline_in(5s), lock_wait::brief,
                                [&]() -> caf::expected<int64_t> {
                                  ++runs;
                                  auto result = add(*place.one);
                                  place.one->interrupt();
                                  auto next = add(*place.one);
                                  CAF_CHECK(!next);
                                  return next ? result : next;
                                });
  CAF_REQUIRE(!done);
  CAF_CHECK(is_outage(done.error()));
  CAF_CHECK_EQUAL(runs, 1);
  CAF_CHECK_EQUAL(projects(*place.one), 2);
}

CAF_TEST(an interrupted SQLite transaction leaves nothing behind) {
  test_database place{dialect_kind::sqlite, content::migrated};
  auto db = place.connect();
  auto done = transact<int64_t>(*db, deadline_in(5s), lock_wait::brief,
                                [&]() -> caf::expected<int64_t> {
                                  CAF_REQUIRE(add(*db));
                                  db->interrupt();
                                  return add(*db);
                                });
  CAF_REQUIRE(!done);
  CAF_CHECK_EQUAL(classify(done.error()), errc::deadline_exceeded);
  CAF_CHECK_EQUAL(projects(*db), 0);
}
