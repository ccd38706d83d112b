#define CAF_SUITE cursor
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>

using namespace callboard;
using namespace callboard::test;

namespace {

const std::string list = "/api/v1/tasks?limit=3";

void add_tasks(served& x, int count) {
  for (int i = 0; i < count; ++i)
    x.client.post("/api/v1/tasks",
                  "{\"skill_name\":\"s" + std::to_string(i % 2)
                      + R"(","schedule_cron":"0 9 * * )" + std::to_string(i % 7)
                      + R"(","status":")" + (i % 3 == 0 ? "failed" : "pending")
                      + "\"}");
}

/// Of the rows of the list with this name.
std::vector<int64_t> ids_of(const answer& page, const char* name = "tasks") {
  std::vector<int64_t> out;
  auto json = page.json();
  if (!json.IsObject() || !json.HasMember(name)) {
    CAF_ERROR("no " << name << " in " << page.body);
    return out;
  }
  for (auto& row : json[name].GetArray())
    out.push_back(row["id"].GetInt64());
  return out;
}

answer page_at(served& x, const std::string& path, const std::string& cursor) {
  return x.client.get(cursor.empty() ? path : path + "&cursor=" + cursor);
}

/// All ids, page by page; `between` runs after each page.
template <class F>
std::vector<int64_t> walk(served& x, const std::string& path, F between,
                          const char* name = "tasks") {
  std::vector<int64_t> out;
  std::string cursor;
  for (int i = 0; i < 50 && (i == 0 || cursor != "null"); ++i) {
    auto page = page_at(x, path, i == 0 ? std::string{} : cursor);
    CAF_REQUIRE_EQUAL(page.status, 200);
    auto ids = ids_of(page, name);
    out.insert(out.end(), ids.begin(), ids.end());
    cursor = page.text("next_cursor");
    CAF_CHECK_EQUAL(page.text("has_more"), cursor == "null" ? "false" : "true");
    between();
  }
  return out;
}

} // namespace

CAF_TEST(pages by cursor are the whole list in its order) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    add_tasks(x, 17);
    // Some without a next run: nulls have their place in the order too.
    x.count("UPDATE scheduled_tasks SET next_run_at = NULL WHERE id % 4 = 1 "
            "RETURNING 1");
    for (auto sort : {"created_at", "next_run_at", "updated_at", "status"})
      for (auto order : {"asc", "desc"}) {
        auto path = list + "&sort_by=" + sort + "&sort_order=" + order;
        auto whole = ids_of(x.client.get(path + "&limit=100"));
        CAF_CHECK_EQUAL(whole.size(), 17u);
        auto walked = walk(x, path, [] {});
        if (walked != whole)
          CAF_ERROR("wrong by " << sort << ' ' << order << ": "
                                << caf::deep_to_string(walked) << " not "
                                << caf::deep_to_string(whole));
      }
    auto failed = list + "&status=failed&skill_name=s0";
    CAF_CHECK(walk(x, failed, [] {})
              == ids_of(x.client.get(failed + "&limit=100")));
    auto none = x.client.get(list + "&skill_name=none");
    CAF_CHECK_EQUAL(none.text("next_cursor"), "null");
    auto last = x.client.get(list + "&offset=15");
    CAF_CHECK_EQUAL(last.text("next_cursor"), "null");
    CAF_CHECK_EQUAL(ids_of(last).size(), 2u);
  });
}

CAF_TEST(new rows before the cursor neither repeat nor hide any) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    add_tasks(x, 10);
    auto whole = ids_of(x.client.get(list + "&limit=100"));
    auto walked = walk(x, list, [&] { add_tasks(x, 2); });
    CAF_CHECK(walked == whole);
  });
}

CAF_TEST(a page tells the total and a cursor goes with any limit) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    add_tasks(x, 7);
    auto first = x.client.get(list);
    CAF_CHECK_EQUAL(first.number("total"), 7);
    auto cursor = first.text("next_cursor");
    auto rest = page_at(x, "/api/v1/tasks?limit=100", cursor);
    CAF_CHECK_EQUAL(ids_of(rest).size(), 4u);
    CAF_CHECK_EQUAL(rest.number("total"), 7);
    CAF_CHECK_EQUAL(rest.number("offset"), 0);
    CAF_CHECK_EQUAL(rest.text("has_more"), "false");
    // All that was behind it is gone.
    x.count("DELETE FROM scheduled_tasks WHERE id < 5 RETURNING 1");
    auto end = page_at(x, list, cursor);
    CAF_CHECK_EQUAL(end.status, 200);
    CAF_CHECK(ids_of(end).empty());
    CAF_CHECK_EQUAL(end.number("total"), 3);
    CAF_CHECK_EQUAL(end.text("next_cursor"), "null");
  });
}

CAF_TEST(forged and foreign cursors are refused) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    add_tasks(x, 5);
    auto cursor = x.client.get(list).text("next_cursor");
    auto bent = cursor;
    bent.back() = bent.back() == 'A' ? 'Q' : 'A';
    auto refused = [&](const std::string& path, const std::string& given) {
      auto got = x.client.get(path + "&cursor=" + given);
      CAF_CHECK(got.body.find("[\"query\"") != std::string::npos);
      if (got.status != 422)
        CAF_ERROR(path << " with " << given << ": " << got.status << got.body);
    };
    for (auto& given : {std::string{}, std::string{"1"}, std::string{"null"},
                        std::string{"%ff"}, bent, cursor + "A", cursor + "%3D",
                        cursor.substr(1), std::string(3000, 'A')})
      refused(list, given);
    for (auto more : {"&status=failed", "&sort_by=status", "&sort_order=asc",
                      "&skill_name=s0", "&project_id=1", "&offset=1"})
      refused(list + more, cursor);
    x.client.sign_up("bob");
    add_tasks(x, 5);
    refused(list, cursor);
    x.log_in_admin();
    refused(list + "&user_id=2", cursor);
  });
}

CAF_TEST(every list has its cursor) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto task = [&] {
      add_tasks(x, 1);
      return x.client.get(list).json()["tasks"][0]["id"].GetInt64();
    }();
    for (int i = 0; i < 7; ++i) {
      auto n = std::to_string(i);
      auto name = "\"na\\u00efve\\t" + n + '"';
      auto made = x.client.post("/api/v1/projects", "{\"name\":" + name + '}');
      CAF_REQUIRE_EQUAL(made.status, 201);
      if (i % 2 == 0)
        x.client.post("/api/v1/tasks",
                      R"({"skill_name":"s","schedule_cron":"0 9 * * *",)"
                      R"("project_id":)"
                          + std::to_string(made.number("id")) + '}');
      auto agent = x.client.post("/api/v1/agents",
                                 R"({"type":"coder","name":)" + name + '}');
      CAF_REQUIRE_EQUAL(agent.status, 201);
      if (i % 3 == 0)
        for (auto status : {"running", "success"})
          x.client.post("/api/v1/agents/activity",
                        "{\"agent_id\":" + std::to_string(agent.number("id"))
                            + ",\"task_id\":" + std::to_string(task)
                            + ",\"status\":\"" + status + "\"}");
    }
    auto check = [&](const std::string& path, const char* name, size_t least) {
      auto whole = ids_of(x.client.get(path + "&limit=100"), name);
      CAF_CHECK(whole.size() >= least);
      auto walked = walk(
          x, path + "&limit=2", [] {}, name);
      if (walked != whole)
        CAF_ERROR(path << ": " << caf::deep_to_string(walked) << " not "
                       << caf::deep_to_string(whole));
    };
    for (auto sort : {"created_at", "-created_at", "tasks_count",
                      "-tasks_count", "name", "-name"})
      check(std::string{"/api/v1/projects?sort_by="} + sort, "projects", 7);
    check("/api/v1/agents?type=coder", "agents", 7);
    check("/api/v1/tasks/" + std::to_string(task) + "/history?", "executions",
          3);
    // A cursor is good for its own list alone.
    auto cursor = x.client.get("/api/v1/projects?limit=2").text("next_cursor");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/agents?cursor=" + cursor).status,
                    422);
    x.log_in_admin();
    check("/api/v1/audit?table_name=agents", "entries", 7);
  });
}
