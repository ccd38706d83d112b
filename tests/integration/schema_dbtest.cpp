#define CAF_SUITE schema
#include "tests/support/schema.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;

CAF_TEST(both databases have the same tables with the same columns) {
  test_database one{dialect_kind::postgres, content::migrated};
  test_database other{dialect_kind::sqlite, content::migrated};
  auto left = columns(one);
  auto right = columns(other);
  for (auto& x : left)
    if (right.count(x) == 0)
      CAF_ERROR("only PostgreSQL has " << x);
  for (auto& x : right)
    if (left.count(x) == 0)
      CAF_ERROR("only SQLite has " << x);
  CAF_CHECK(left.size() > 150);
}

CAF_TEST(both databases have the indexes that the contract names) {
  std::set<std::string> seen;
  on_both(content::migrated, [&](auto& place) {
    auto found = indexes(place);
    for (std::string x : {
             "ix_scheduled_tasks_user_status: user_id, status",
             "ix_scheduled_tasks_status_next_run: status, next_run_at",
             "ix_projects_user_created: user_id, created_at",
             "ix_projects_name_user: name, user_id",
             "ix_agents_type_status: type, status",
             "ix_agents_status_active: status, last_active_at",
             "ix_execution_results_task_started: task_id, started_at",
             "ix_execution_results_status_started: status, started_at",
             "ix_scheduled_tasks_pending_next_run: next_run_at",
             "ix_audit_logs_record_time: table_name, record_id, timestamp",
             "ix_audit_logs_user_time: user_id, timestamp",
             "ix_audit_logs_time: timestamp",
         })
      if (found.count(x) == 0)
        CAF_ERROR("missing: " << x);
    if (seen.empty())
      seen = found;
    CAF_CHECK(found == seen);
  });
}

CAF_TEST(sorted text is ordered by its bytes in both databases) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    run(*db, "INSERT INTO projects (name) VALUES ('b'), ('B'), ('a'), "
             "('\xC3\xA9'), ('_')");
    auto found = db->query("SELECT name FROM projects ORDER BY name", {},
                           {{cell_kind::text}});
    CAF_REQUIRE(found);
    std::string order;
    for (auto& row : *found)
      order += std::get<std::string>(row[0]);
    CAF_CHECK_EQUAL(order, "B_ab\xC3\xA9");
  });
}

CAF_TEST(an id is never given twice) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    run(*db, "INSERT INTO projects (name) VALUES ('a'), ('b')");
    run(*db, "DELETE FROM projects WHERE id = 2");
    run(*db, "INSERT INTO projects (name) VALUES ('c')");
    CAF_CHECK_EQUAL(number_of(*db, "SELECT max(id) FROM projects"), 3);
  });
}

CAF_TEST(the fallback search finds words and follows changes) {
  on_both(content::migrated, [](auto& place) {
    auto db = place.connect();
    std::string huge;
    for (int i = 0; i < 300'000; ++i)
      huge += std::to_string(i) + ' ';
    std::vector<cell> params{"needle " + huge};
    CAF_REQUIRE(db->query("INSERT INTO memory_entries (content, intent) VALUES "
                          "($1, 'testing')",
                          params, {}));
    auto hits = place.pick("SELECT count(*) FROM memory_entries WHERE tsv @@ "
                           "plainto_tsquery('simple', 'Needle')",
                           "SELECT count(*) FROM memory_entries_fts WHERE "
                           "memory_entries_fts MATCH 'Needle'");
    CAF_CHECK_EQUAL(number_of(*db, hits), 1);
    run(*db, "UPDATE memory_entries SET content = 'thread'");
    CAF_CHECK_EQUAL(number_of(*db, hits), 0);
    run(*db, "UPDATE memory_entries SET content = 'a needle'");
    CAF_CHECK_EQUAL(number_of(*db, hits), 1);
    run(*db, "DELETE FROM memory_entries");
    CAF_CHECK_EQUAL(number_of(*db, hits), 0);
  });
}
