#define CAF_SUITE sync
#include "tests/support/synced.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

constexpr auto new_task
    = R"({"skill_name":"from-api","schedule_cron":"0 8 * * *","params":{"a":1}})";

std::string task_path(int64_t id) {
  return "/api/v1/tasks/" + std::to_string(id);
}

/// Makes a task and waits until the file has it.
int64_t exported_task(served& x) {
  auto id = x.client.post("/api/v1/tasks", new_task).number("id");
  auto there = eventually(
      [&] { return find_entry(entries_of(schedule_of(x)), id) != nullptr; });
  CAF_REQUIRE(there);
  return id;
}

/// What the file and the database have of a task, side by side.
std::string both_sides(served& x, int64_t id) {
  auto all = entries_of(schedule_of(x));
  auto* entry = find_entry(all, id);
  if (entry == nullptr)
    return "not in the file";
  auto got = x.client.get(task_path(id)).json();
  auto& row = entry->values;
  std::string api = got["skill_name"].GetString();
  api += ' ';
  api += got["status"].GetString();
  if (to_string(row.updated_at) != got["updated_at"].GetString())
    api += " not of the same time";
  auto file = row.skill_name + ' ' + std::string{name_of(row.status)};
  return file == api ? file : file + " / " + api;
}

/// The conflicts that `GET /api/sync/conflicts` lists.
std::vector<std::string> conflict_ids(served& x) {
  std::vector<std::string> out;
  auto json = x.client.get("/api/sync/conflicts").json();
  for (auto& item : json.GetArray())
    out.emplace_back(item["conflict_id"].GetString());
  return out;
}

/// An entry that is older than every row.
constexpr auto disputed = ", params_json: {b: 2}, status: pending, "
                          "next_run_at: 2030-01-01, updated_at: 2020-01-01";

} // namespace

CAF_TEST(the file follows every change of a task) {
  for_each_database(
      [](served& x) {
        x.client.sign_up("ann");
        auto id = exported_task(x);
        CAF_CHECK_EQUAL(both_sides(x, id), "from-api pending");
        auto all = entries_of(schedule_of(x));
        auto& row = find_entry(all, id)->values;
        CAF_CHECK(row.schedule_cron == "0 8 * * *");
        CAF_CHECK(row.next_run_at.has_value());
        CAF_CHECK_EQUAL(row.params.text, R"({"a":1})");
        CAF_CHECK(row.user_id == "2");
        x.client.put(task_path(id), R"({"status":"disabled"})");
        CAF_CHECK(eventually(
            [&] { return both_sides(x, id) == "from-api disabled"; }));
        x.client.del(task_path(id));
        CAF_CHECK(
            eventually([&] { return both_sides(x, id) == "not in the file"; }));
        x.log_in_admin();
        auto got = x.client.get("/api/sync/status");
        CAF_CHECK_EQUAL(got.text("sync_source"), "database");
        CAF_CHECK_EQUAL(got.number("total_tasks"), 0);
        CAF_CHECK(parse_timestamp(got.text("last_sync_timestamp")));
      },
      sync_on());
}

CAF_TEST(the file brings tasks with their ids once) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        edit(schedule_of(x),
             "tasks:\n" + task_line(41, ", user_id: ops") + task_line(5'000));
        for (int i = 0; i < 3; ++i) {
          auto got = trigger(x, "yaml_to_db");
          CAF_CHECK_EQUAL(got.status, 200);
          CAF_CHECK_EQUAL(got.text("direction"), "yaml_to_db");
          CAF_CHECK_EQUAL(got.text("status"), "success");
          CAF_CHECK_EQUAL(got.number("conflicts_detected"), 0);
          CAF_CHECK(parse_timestamp(got.text("timestamp")));
        }
        CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM scheduled_tasks"), 2);
        auto task = x.client.get(task_path(41));
        CAF_CHECK_EQUAL(task.text("skill_name"), "from-yaml");
        CAF_CHECK_EQUAL(task.text("user_id"), "ops");
        CAF_CHECK(parse_timestamp(task.text("next_run_at")));
        // New ones come behind, and the log says who it was.
        CAF_CHECK_EQUAL(x.client.post("/api/v1/tasks", new_task).number("id"),
                        5'001);
        CAF_CHECK_EQUAL(
            x.count("SELECT count(*) FROM audit_logs WHERE user_id = 'system' "
                    "AND operation = 'CREATE' AND table_name = "
                    "'scheduled_tasks' AND record_id IN (41, 5000)"),
            2);
        CAF_CHECK_EQUAL(
            x.count("SELECT count(*) FROM events WHERE type = "
                    "'calendar_event_created' AND task_id IN (41, 5000)"),
            2);
        x.client.sign_up("bob");
        CAF_CHECK_EQUAL(x.client.get(task_path(41)).status, 403);
      },
      sync_on());
}

CAF_TEST(an edit with a newer time changes the task and its audit says system) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        auto id = exported_task(x);
        edit(schedule_of(x),
             "tasks:\n" + task_line(id, ", status: disabled")); // as of now
        CAF_CHECK_EQUAL(trigger(x, "yaml_to_db").status, 200);
        auto task = x.client.get(task_path(id));
        CAF_CHECK_EQUAL(task.text("skill_name"), "from-yaml");
        CAF_CHECK_EQUAL(task.text("schedule_cron"), "0 9 * * *");
        CAF_CHECK_EQUAL(task.text("status"), "disabled");
        CAF_CHECK_EQUAL(
            x.count("SELECT count(*) FROM audit_logs WHERE user_id = 'system' "
                    "AND operation = 'UPDATE' AND record_id = "
                    + std::to_string(id)),
            1);
        CAF_CHECK_EQUAL(x.client.get("/api/sync/status").text("sync_source"),
                        "yaml");
        CAF_CHECK_EQUAL(trigger(x, "bidirectional").status, 200);
        CAF_CHECK(bytes_of(schedule_of(x)).find("{id:") != std::string::npos);
      },
      sync_on());
}

CAF_TEST(conflicts are rows that an admin resolves in three ways) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        std::string file = "tasks:\n";
        for (int i = 0; i < 3; ++i) {
          auto id = exported_task(x);
          x.client.put(task_path(id), R"({"status":"disabled"})");
          CAF_CHECK(eventually(
              [&] { return both_sides(x, id) == "from-api disabled"; }));
          file += task_line(id, disputed);
        }
        edit(schedule_of(x), file);
        auto got = trigger(x, "bidirectional");
        CAF_CHECK_EQUAL(got.status, 409);
        CAF_CHECK_EQUAL(got.number("status_code"), 409);
        CAF_CHECK_EQUAL(got.text("error_id"), got.fields["x-request-id"]);
        auto json = got.json();
        CAF_CHECK_EQUAL(canonical(json["detail"]),
                        R"({"conflicts":[)"
                        R"({"reason":"Database was updated more recently than )"
                        R"(YAML","task_id":1},)"
                        R"({"reason":"Database was updated more recently than )"
                        R"(YAML","task_id":2},)"
                        R"({"reason":"Database was updated more recently than )"
                        R"(YAML","task_id":3}],)"
                        R"("message":"Sync detected 3 conflicts"})");
        CAF_CHECK_EQUAL(bytes_of(schedule_of(x)), file);
        CAF_CHECK_EQUAL(
            x.client.get("/api/sync/status").number("pending_conflicts"), 3);
        auto ids = conflict_ids(x);
        CAF_REQUIRE_EQUAL(ids.size(), 3u);
        auto listed = x.client.get("/api/sync/conflicts").json();
        auto& first = listed[0];
        CAF_CHECK_EQUAL(first["task_id"].GetInt64(), 1);
        CAF_CHECK_EQUAL(std::string{first["yaml_updated_at"].GetString()},
                        "2020-01-01T00:00:00.000Z");
        CAF_CHECK_EQUAL(
            std::string{first["yaml_data"]["skill_name"].GetString()},
            "from-yaml");
        CAF_CHECK_EQUAL(std::string{first["db_data"]["skill_name"].GetString()},
                        "from-api");
        CAF_CHECK(first["db_updated_at"].IsString());
        CAF_CHECK(first["conflict_reason"].IsString());

        const std::pair<const char*, const char*> choices[] = {
            {"keep_yaml", "from-yaml pending"},
            {"keep_db", "from-api disabled"},
            {"merge", "from-yaml disabled"},
        };
        for (int64_t i = 0; i < 3; ++i) {
          auto& [choice, expected] = choices[i];
          auto& id = ids[static_cast<size_t>(i)];
          got = resolve(x, id, choice);
          CAF_CHECK_EQUAL(got.status, 200);
          CAF_CHECK_EQUAL(
              got.body, R"({"status":"success","message":"Conflict )" + id
                            + " resolved using strategy: " + choice
                            + R"(","task_id":)" + std::to_string(i + 1) + '}');
          CAF_CHECK_EQUAL(both_sides(x, i + 1), expected);
          CAF_CHECK_EQUAL(conflict_ids(x).size(), static_cast<size_t>(2 - i));
          CAF_CHECK_EQUAL(resolve(x, id, choice).status, 404);
        }
        CAF_CHECK_EQUAL(x.client.get("/api/sync/status").text("sync_source"),
                        "manual");
        got = trigger(x, "bidirectional");
        CAF_CHECK_EQUAL(got.status, 200);
        CAF_CHECK_EQUAL(got.number("conflicts_detected"), 0);
        CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events WHERE channel = "
                                "'sync' AND type LIKE 'sync_conflict_%'"),
                        6);
      },
      sync_on());
}

CAF_TEST(a pending conflict holds up no other task) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        auto first = exported_task(x);
        auto second = exported_task(x);
        edit(schedule_of(x), "tasks:\n" + task_line(first, disputed));
        CAF_CHECK_EQUAL(trigger(x, "yaml_to_db").status, 409);
        x.client.put(task_path(second), R"({"status":"disabled"})");
        CAF_CHECK(eventually(
            [&] { return both_sides(x, second) == "from-api disabled"; }));
        x.client.put(task_path(second), R"({"status":"pending"})");
        CAF_CHECK(eventually(
            [&] { return both_sides(x, second) == "from-api pending"; }));
        CAF_CHECK_EQUAL(conflict_ids(x).size(), 1u);
        auto all = entries_of(schedule_of(x));
        CAF_CHECK_EQUAL(find_entry(all, first)->values.skill_name, "from-yaml");
      },
      sync_on());
}

CAF_TEST(force writes the file and clearing forgets what is found again) {
  for_each_database(
      [](served& x) {
        x.log_in_admin();
        auto id = exported_task(x);
        edit(schedule_of(x), "tasks:\n" + task_line(id, disputed));
        CAF_CHECK_EQUAL(trigger(x, "yaml_to_db").status, 409);
        CAF_CHECK_EQUAL(trigger(x, "yaml_to_db", true).status, 200);
        CAF_CHECK_EQUAL(x.client.del("/api/sync/conflicts").body,
                        R"({"status":"success","conflicts_cleared":1})");
        CAF_CHECK_EQUAL(conflict_ids(x).size(), 0u);
        CAF_CHECK_EQUAL(trigger(x, "yaml_to_db").status, 409);
        auto got = trigger(x, "bidirectional", true);
        CAF_CHECK_EQUAL(got.status, 200);
        CAF_CHECK_EQUAL(got.number("conflicts_detected"), 1);
        CAF_CHECK_EQUAL(both_sides(x, id), "from-api pending");
        CAF_CHECK_EQUAL(trigger(x, "bidirectional").status, 200);
        CAF_CHECK_EQUAL(trigger(x, "db_to_yaml").status, 200);
      },
      sync_on());
}
