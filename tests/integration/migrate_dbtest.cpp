#define CAF_SUITE migrate

#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "storage/migrate.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <future>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;

namespace {

using files = std::vector<migration>;

files own_files(dialect_kind dialect) {
  auto all = migrations(dialect);
  return {all.begin(), all.end()};
}

/// The program's files and one more.
files with_another(dialect_kind dialect, std::string_view script) {
  auto all = own_files(dialect);
  all.push_back(
      {static_cast<int64_t>(all.size()) + 1, "another", "checksum", script});
  return all;
}

int64_t versions(connection& db) {
  return number_of(db, "SELECT count(*) FROM schema_migrations");
}

} // namespace

CAF_TEST(the embedded files are those of the source and numbered from one) {
  for (auto dialect : {dialect_kind::postgres, dialect_kind::sqlite}) {
    int64_t expected = 0;
    for (auto& x : migrations(dialect)) {
      CAF_CHECK_EQUAL(x.version, ++expected);
      CAF_CHECK_EQUAL(x.checksum, sha256_hex(x.script));
    }
    CAF_CHECK(expected > 0);
  }
  CAF_CHECK_EQUAL(migrations(dialect_kind::postgres).size(),
                  migrations(dialect_kind::sqlite).size());
}

CAF_TEST(migrating twice changes nothing) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    CAF_REQUIRE(!migrate(*db));
    auto epoch = text_of(*db, "SELECT epoch FROM event_stream");
    auto n = versions(*db);
    CAF_REQUIRE(!migrate(*db));
    CAF_CHECK_EQUAL(text_of(*db, "SELECT epoch FROM event_stream"), epoch);
    CAF_CHECK_EQUAL(versions(*db), n);
    CAF_CHECK(is_uuid(epoch));
    CAF_CHECK_EQUAL(number_of(*db, "SELECT position FROM event_position"), 0);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT pruned_to FROM event_stream"), 0);
    CAF_CHECK_EQUAL(text_of(*db, "SELECT program FROM schema_migrations"),
                    CALLBOARD_VERSION);
  });
}

CAF_TEST(two processes that migrate at once both succeed) {
  on_both(content::empty, [](auto& place) {
    auto run_it = [&] { return migrate(*place.connect()); };
    if (place.sqlite())
      CAF_REQUIRE(!place.connect()->ping()); // WAL before there are two
    auto other = std::async(std::launch::async, run_it);
    CAF_CHECK_EQUAL(run_it(), caf::none);
    CAF_CHECK_EQUAL(other.get(), caf::none);
    CAF_CHECK_EQUAL(versions(*place.connect()),
                    static_cast<int64_t>(migrations(place.dialect()).size()));
  });
}

CAF_TEST(a later file runs alone) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto all = with_another(place.dialect(), "CREATE TABLE later (x integer);");
    CAF_REQUIRE(!migrate(*db, all));
    CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM later"), 0);
    CAF_CHECK_EQUAL(versions(*db), static_cast<int64_t>(all.size()));
  });
}

CAF_TEST(kept answers outlive their reference to the account) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    auto key = [](int user) {
      return "INSERT INTO idempotency_keys (user_id, key, request, body_hash, "
             "status, response_headers, response_body) VALUES ("
             + std::to_string(user) + ", 'k', 'r', 'h', 201, '{}', '{}')";
    };
    auto all = own_files(place.dialect());
    CAF_REQUIRE(!migrate(*db, {all.data(), 8}));
    run(*db, "INSERT INTO users (username, email, email_folded, "
             "hashed_password) VALUES ('a', 'a', 'a', '')");
    run(*db, key(1));
    CAF_CHECK(db->execute(key(7)));
    auto until = text_of(*db, "SELECT expires_at FROM idempotency_keys");
    CAF_REQUIRE(!migrate(*db, {all.data(), 9}));
    CAF_CHECK_EQUAL(text_of(*db, "SELECT expires_at FROM idempotency_keys"),
                    until);
    CAF_CHECK(!db->execute(key(7)));
    CAF_CHECK(db->execute(key(7))); // a key stays one of its user's
  });
}

CAF_TEST(a file that fails leaves nothing behind and says which) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto all = with_another(place.dialect(), "CREATE TABLE later (x integer); "
                                             "INSERT INTO nowhere VALUES (1);");
    auto err = migrate(*db, all);
    CAF_REQUIRE(err);
    CAF_CHECK_EQUAL(classify(err), errc::conflict);
    CAF_CHECK(detail(err).find("_another failed") != std::string::npos);
    CAF_CHECK(detail(err).find("nowhere") != std::string::npos);
    CAF_CHECK(!db->query("SELECT * FROM later", {}, {}));
    CAF_CHECK_EQUAL(versions(*db), static_cast<int64_t>(all.size()) - 1);
  });
}

CAF_TEST(a file that was changed after it ran is refused) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    auto all = own_files(place.dialect());
    all[0].checksum = "another";
    auto err = migrate(*db, all);
    CAF_REQUIRE(err);
    CAF_CHECK_EQUAL(classify(err), errc::conflict);
    CAF_CHECK_EQUAL(detail(err), "migration 0001_first_schema is not the one "
                                 "that this database ran");
  });
}

CAF_TEST(a schema newer than the program is refused) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    run(*db, "INSERT INTO schema_migrations VALUES (99, 'x', 'x', '9.0', "
                 + current_time(place.dialect()) + ")");
    auto err = migrate(*db);
    CAF_REQUIRE(err);
    CAF_CHECK_EQUAL(classify(err), errc::conflict);
    CAF_CHECK(detail(err).find("schema version 99") != std::string::npos);
  });
}

CAF_TEST(a foreign table in the way is refused and kept) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    run(*db, "CREATE TABLE projects (mine integer); INSERT INTO projects "
             "VALUES (5)");
    auto err = migrate(*db);
    CAF_REQUIRE(err);
    CAF_CHECK_EQUAL(classify(err), errc::conflict);
    CAF_CHECK(detail(err).find("projects") != std::string::npos);
    CAF_CHECK_EQUAL(number_of(*db, "SELECT mine FROM projects"), 5);
    CAF_CHECK(!db->query("SELECT * FROM users", {}, {}));
  });
}
