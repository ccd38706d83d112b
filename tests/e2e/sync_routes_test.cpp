#define CAF_SUITE sync_routes
#include "tests/support/synced.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

CAF_TEST(while sync is off its status is known and nothing is written) {
  for_each_database([](served& x) {
    x.log_in_admin();
    x.client.post("/api/v1/tasks",
                  R"({"skill_name":"x","schedule_cron":"0 8 * * *"})");
    auto got = x.client.get("/api/sync/status");
    CAF_CHECK_EQUAL(got.status, 200);
    CAF_CHECK_EQUAL(got.body,
                    R"({"last_sync_timestamp":null,"total_tasks":1,)"
                    R"("pending_conflicts":0,"sync_source":"unknown"})");
    CAF_CHECK_EQUAL(x.client.get("/api/sync/conflicts").body, "[]");
    CAF_CHECK_EQUAL(x.client.del("/api/sync/conflicts").body,
                    R"({"status":"success","conflicts_cleared":0})");
    for (auto& refused :
         {trigger(x, "bidirectional"), resolve(x, "conflict-1-2", "keep_db")}) {
      CAF_CHECK_EQUAL(refused.status, 503);
      CAF_CHECK_EQUAL(refused.detail(),
                      "YAML sync is off (SCHEDULE_SYNC_ENABLED)");
    }
    CAF_CHECK(!std::filesystem::exists(schedule_of(x).parent_path()));
  });
}

CAF_TEST(only admins may sync) {
  for_each_database(
      [](served& x) {
        const std::pair<const char*, const char*> routes[] = {
            {"GET", "/api/sync/conflicts"},
            {"DELETE", "/api/sync/conflicts"},
            {"POST", "/api/sync/conflicts/x/resolve"},
            {"GET", "/api/sync/status"},
            {"POST", "/api/sync/trigger"},
        };
        for (auto& [verb, path] : routes)
          CAF_CHECK_EQUAL(x.client.send(verb, path, "").status, 401);
        x.client.sign_up("ann");
        for (auto& [verb, path] : routes) {
          auto got = x.client.send(verb, path, "");
          CAF_CHECK_EQUAL(got.status, 403);
          CAF_CHECK_EQUAL(got.detail(), "Admin privileges required");
        }
      },
      sync_on());
}

CAF_TEST(wrong bodies are refused) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        auto got = trigger(x, "sideways");
        CAF_CHECK_EQUAL(got.status, 400);
        CAF_CHECK_EQUAL(got.detail(),
                        "Invalid direction: must be 'yaml_to_db', "
                        "'db_to_yaml' or 'bidirectional'");
        for (auto choice : {"newest", "cleared", ""}) {
          got = resolve(x, "conflict-1-2", choice);
          CAF_CHECK_EQUAL(got.status, 400);
          CAF_CHECK_EQUAL(got.detail(), "Invalid choice: must be 'keep_yaml', "
                                        "'keep_db' or 'merge'");
        }
        for (auto id : {"conflict-1-2", "x", "conflict--1-2"}) {
          got = resolve(x, id, "merge");
          CAF_CHECK_EQUAL(got.status, 404);
          CAF_CHECK_EQUAL(got.detail(),
                          "Conflict " + std::string{id} + " not found");
        }
        for (auto body : {"", "{}", "[]", R"({"direction":1})",
                          R"({"direction":"yaml_to_db","force":"x"})"})
          CAF_CHECK_EQUAL(x.client.post("/api/sync/trigger", body).status, 422);
        CAF_CHECK_EQUAL(
            x.client.post("/api/sync/conflicts/x/resolve", "{}").status, 422);
      },
      sync_on());
}
