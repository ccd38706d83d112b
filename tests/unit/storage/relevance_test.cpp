#define CAF_SUITE relevance
#include "storage/relevance.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <sqlite3.h>
#include <string>

using namespace callboard::storage;

namespace {

struct fixture {
  fixture() {
    sqlite3_open(":memory:", &db);
    CAF_REQUIRE_EQUAL(register_relevance(db), SQLITE_OK);
    run("CREATE VIRTUAL TABLE t USING fts5 (text, owner)");
  }

  ~fixture() { sqlite3_close(db); }

  void run(const std::string& script) {
    char* problem = nullptr;
    sqlite3_exec(db, script.c_str(), nullptr, nullptr, &problem);
    std::string text = problem != nullptr ? problem : "";
    sqlite3_free(problem);
    CAF_REQUIRE_EQUAL(text, "");
  }

  double number(const std::string& text) {
    sqlite3_stmt* ask = nullptr;
    sqlite3_prepare_v2(db, text.c_str(), -1, &ask, nullptr);
    CAF_REQUIRE_EQUAL(sqlite3_step(ask), SQLITE_ROW);
    auto out = sqlite3_column_double(ask, 0);
    sqlite3_finalize(ask);
    return out;
  }

  /// So many rows `common ...`, every tenth with `rare` in it too.
  void fill(int rows) {
    run("INSERT INTO t (text, owner) WITH RECURSIVE n(i) AS (SELECT 1 UNION "
        "ALL SELECT i + 1 FROM n WHERE i < "
        + std::to_string(rows)
        + ") SELECT 'common' || CASE WHEN i % 10 = 0 THEN ' rare' ELSE '' END "
          "|| CASE WHEN i % 3 = 0 THEN ' and longer' ELSE '' END || CASE WHEN "
          "i = 20 THEN ' rare rare' ELSE '' END, 'o' || (i % 7) FROM n");
  }

  sqlite3* db = nullptr;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(relevance_tests, fixture)

CAF_TEST(words of less than a thousand rows weigh what bm25 says) {
  fill(900);
  run("CREATE VIRTUAL TABLE plain USING fts5 (text); INSERT INTO plain SELECT "
      "text FROM t");
  for (std::string words : {"rare", "longer", "rare AND longer", "common",
                            "rare OR longer", "\"and longer\""})
    CAF_CHECK(number("SELECT abs(relevance(plain) + bm25(plain)) AS x FROM "
                     "plain WHERE plain MATCH '"
                     + words + "' ORDER BY x DESC LIMIT 1")
              < 1e-9);
}

CAF_TEST(a word in all rows of many is not worthless and a rare one is more) {
  fill(20'000);
  auto best = [&](const std::string& words) {
    return number("SELECT relevance(t) AS x FROM t WHERE t MATCH '" + words
                  + "' ORDER BY x DESC LIMIT 1");
  };
  CAF_CHECK(best("common") > 1);
  run("INSERT INTO t (text) VALUES ('unique')");
  CAF_CHECK(best("unique") > 2 * best("common"));
}

CAF_TEST(a row that says it more often is better and filters count nothing) {
  fill(100);
  CAF_CHECK_EQUAL(number("SELECT rowid FROM t WHERE t MATCH 'rare' ORDER BY "
                         "relevance(t) DESC LIMIT 1"),
                  20);
  CAF_CHECK_EQUAL(
      number("SELECT relevance(t) FROM t WHERE t MATCH 'rare' AND rowid = 20"),
      number("SELECT relevance(t) FROM t WHERE t MATCH 'text : (rare) AND "
             "owner : (\"o6\" OR \"o1\")' AND rowid = 20"));
}

CAF_TEST_FIXTURE_SCOPE_END()
