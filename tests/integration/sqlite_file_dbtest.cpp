#define CAF_SUITE sqlite_file
#include "protocols/error.hpp"
#include "storage/database.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <unistd.h>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

errc code_of(const caf::expected<rows>& x) {
  CAF_REQUIRE(!x);
  return classify(x.error());
}

std::string detail_of(const caf::expected<rows>& x) {
  CAF_REQUIRE(!x);
  return detail(x.error());
}

} // namespace

CAF_TEST(a second writer of a SQLite file waits no longer than its limit) {
  test_database place{dialect_kind::sqlite, content::migrated};
  auto one = place.connect();
  auto two = place.connect();
  CAF_REQUIRE(!one->begin({1s}));
  auto err = two->begin({50ms});
  CAF_REQUIRE(err);
  CAF_CHECK_EQUAL(classify(err), errc::unavailable);
  CAF_CHECK_EQUAL(detail(err), "the database: database is locked");
  CAF_CHECK_EQUAL(number_of(*two, "SELECT count(*) FROM users"), 0);
  one->rollback();
  CAF_CHECK(!two->begin({1s}));
  two->rollback();
}

CAF_TEST(a SQLite file that cannot be used is unavailable) {
  temporary_folder folder;
  auto file = (folder.path() / "text.db").string();
  std::ofstream{file} << "this is no database, but long enough to look at it\n";
  auto place = database::open("sqlite:///" + file);
  CAF_REQUIRE(place);
  auto err = place->connect()->ping();
  CAF_REQUIRE(err);
  CAF_CHECK_EQUAL(classify(err), errc::unavailable);
  CAF_CHECK(detail(err).find("not a database") != std::string::npos);
  auto nowhere = database::open("sqlite:///" + file + ".d/x.db");
  CAF_REQUIRE(!nowhere);
  CAF_CHECK_EQUAL(classify(nowhere.error()), errc::unavailable);
}

CAF_TEST(a full disk is unavailable and keeps what was committed) {
  test_database place{dialect_kind::sqlite, content::empty};
  auto db = place.connect();
  run(*db, "CREATE TABLE t (x text) STRICT; INSERT INTO t VALUES ('kept')");
  number_of(*db, "PRAGMA max_page_count = 4");
  std::vector<cell> params{std::string(100'000, 'x')};
  auto found = db->query("INSERT INTO t VALUES ($1)", params, {});
  CAF_CHECK_EQUAL(code_of(found), errc::unavailable);
  CAF_CHECK_EQUAL(detail_of(found), "the database: database or disk is full");
  CAF_CHECK_EQUAL(number_of(*db, "SELECT count(*) FROM t"), 1);
}

CAF_TEST(a SQLite file is for its owner alone) {
  test_database place{dialect_kind::sqlite, content::migrated};
  struct stat info {};
  CAF_REQUIRE_EQUAL(::stat((place.folder.path() / "test.db").c_str(), &info),
                    0);
  CAF_CHECK_EQUAL(info.st_mode & 0777u, 0600u);
}

CAF_TEST(a second process is refused a SQLite file and told who has it) {
  test_database place{dialect_kind::sqlite, content::empty};
  auto holder = ::getpid();
  auto child = ::fork();
  if (child == 0) {
    auto second = database::open(place.url);
    auto named = !second
                 && detail(second.error()).find(std::to_string(holder))
                        != std::string::npos;
    ::_exit(named && classify(second.error()) == errc::unavailable ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CAF_CHECK_EQUAL(status, 0);
}

CAF_TEST(a SQLite file is free when its holder is gone) {
  temporary_folder folder;
  auto url = "sqlite:///" + (folder.path() / "x.db").string();
  auto child = ::fork();
  if (child == 0) {
    auto first = database::open(url);
    ::_exit(first ? 0 : 1); // without destructors, as a crash
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CAF_REQUIRE_EQUAL(status, 0);
  CAF_CHECK(database::open(url));
}

CAF_TEST(connections keep the file when the database object is gone) {
  temporary_folder folder;
  auto url = "sqlite:///" + (folder.path() / "x.db").string();
  auto db = database::open(url)->connect();
  CAF_CHECK(!database::open(url));
  db.reset();
  CAF_CHECK(database::open(url));
}
