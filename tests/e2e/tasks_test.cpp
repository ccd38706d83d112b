#define CAF_SUITE tasks
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <thread>

using namespace callboard;
using namespace callboard::test;

namespace {

constexpr auto weekly = R"({"skill_name":"build","schedule_cron":"0 9 * * 1"})";

std::string item(int64_t id) { return "/api/v1/tasks/" + std::to_string(id); }

int64_t create(served& x, const std::string& body = weekly) {
  auto made = x.client.post("/api/v1/tasks", body);
  CAF_REQUIRE_EQUAL(made.status, 201);
  return made.number("id");
}

} // namespace

CAF_TEST(a task is created shown changed and deleted as the contract says) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post(
        "/api/v1/tasks",
        R"({"skill_name":"pair-programming","schedule_cron":"0 9 * * 1-5",)"
        R"("params":{"mode":"driver","z":1.50,"a":[1,2]},"user_id":"99","x":1})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    auto id = made.number("id");
    CAF_CHECK_EQUAL(made.fields["location"], item(id));
    CAF_CHECK_EQUAL(made.text("user_id"), "2"); // 1 is the admin
    CAF_CHECK_EQUAL(made.text("title"), "pair-programming");
    CAF_CHECK_EQUAL(made.text("priority"), "medium");
    CAF_CHECK_EQUAL(made.text("params"),
                    R"({"a":[1,2],"mode":"driver","z":1.5})");
    CAF_CHECK_EQUAL(made.text("execution_results"), "null");
    CAF_CHECK_EQUAL(made.text("created_at"), made.text("updated_at"));
    auto shown = x.client.get(item(id));
    CAF_CHECK_EQUAL(shown.text("execution_results"), "[]");
    CAF_CHECK_EQUAL(shown.text("next_run_at"), made.text("next_run_at"));
    auto put = x.client.put(item(id), R"({"status":"running","title":"T"})");
    CAF_CHECK_EQUAL(put.status, 200);
    CAF_CHECK_EQUAL(put.text("status"), "running");
    CAF_CHECK_EQUAL(put.text("title"), "T");
    CAF_CHECK_EQUAL(x.client.put(item(id), "{}").body, put.body);
    CAF_CHECK_EQUAL(x.client.put(item(id), R"({"enabled":false})").body,
                    put.body);
    auto gone = x.client.del(item(id));
    CAF_CHECK_EQUAL(gone.status, 200);
    CAF_CHECK_EQUAL(gone.body,
                    R"({"message":"Task successfully deleted","task_id":)"
                        + std::to_string(id) + R"(,"status":"deleted"})");
    CAF_CHECK_EQUAL(x.client.del(item(id)).status, 200);
    CAF_CHECK_EQUAL(x.client.get(item(id)).text("status"), "deleted");
    CAF_CHECK_EQUAL(x.client.put(item(id), R"({"title":"U"})").status, 422);
    auto back = x.client.put(item(id), R"({"status":"pending"})");
    CAF_CHECK_EQUAL(back.text("status"), "pending");
  });
}

CAF_TEST(absent is 404 foreign is 403 and an admin may) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = create(x);
    x.client.sign_up("bob");
    for (auto method : {"GET", "PUT", "PATCH", "DELETE"}) {
      auto body
          = std::string{method} == "GET" || std::string{method} == "DELETE"
                ? ""
                : "{}";
      auto foreign = x.client.send(method, item(id), body);
      CAF_CHECK_EQUAL(foreign.status, 403);
      CAF_CHECK_EQUAL(foreign.detail(),
                      "You do not have permission to access this resource");
      auto absent = x.client.send(method, item(99'999), body);
      CAF_CHECK_EQUAL(absent.status, 404);
      CAF_CHECK_EQUAL(absent.detail(), "Task 99999 not found");
      CAF_CHECK_EQUAL(x.client.send(method, "/api/v1/tasks/0", body).status,
                      404);
      CAF_CHECK_EQUAL(
          x.client.send(method, "/api/v1/tasks/2147483648", body).status, 404);
      CAF_CHECK_EQUAL(
          x.client.send(method, "/api/v1/tasks/99999999999999999999", body)
              .status,
          404);
      auto text = x.client.send(method, "/api/v1/tasks/seven", body);
      CAF_CHECK_EQUAL(text.status, 422);
      CAF_CHECK_EQUAL(text.detail(), "int_parsing");
    }
    x.log_in_admin();
    CAF_CHECK_EQUAL(x.client.get(item(id)).status, 200);
    CAF_CHECK_EQUAL(x.client.del(item(id)).status, 200);
  });
}

CAF_TEST(a list is of the caller and filtered sorted and paged) {
  for_each_database([](served& x) {
    x.client.sign_up("bob");
    create(x);
    x.client.sign_up("ann");
    std::vector<int64_t> ids;
    for (int i = 0; i < 5; ++i)
      ids.push_back(create(x, R"({"skill_name":"s)" + std::to_string(i % 2)
                                  + R"(","schedule_cron":"0 )"
                                  + std::to_string(20 - i) + R"( 1 1 *"})"));
    x.client.del(item(ids[4]));
    auto ask = [&](const std::string& query) {
      return x.client.get("/api/v1/tasks" + query);
    };
    auto order = [&](const std::string& query) {
      std::string out;
      auto document = ask(query).json();
      for (auto& row : document["tasks"].GetArray())
        for (size_t i = 0; i < ids.size(); ++i)
          if (row["id"].GetInt64() == ids[i])
            out += static_cast<char>('0' + i);
      return out;
    };
    CAF_CHECK_EQUAL(order(""), "3210");
    CAF_CHECK_EQUAL(order("?sort_order=asc"), "0123");
    CAF_CHECK_EQUAL(order("/?sort_by=next_run_at&sort_order=asc"), "3210");
    CAF_CHECK_EQUAL(order("?skill_name=s1"), "31");
    CAF_CHECK_EQUAL(order("?status=deleted"), "4");
    CAF_CHECK_EQUAL(order("?limit=2&offset=1"), "21");
    auto page = ask("?limit=2&offset=1");
    CAF_CHECK_EQUAL(page.number("total"), 4);
    CAF_CHECK_EQUAL(page.text("has_more"), "true");
    auto end = ask("?limit=2&offset=9");
    CAF_CHECK_EQUAL(end.text("tasks"), "[]");
    CAF_CHECK_EQUAL(end.number("total"), 4);
    CAF_CHECK_EQUAL(end.text("has_more"), "false");
    CAF_CHECK_EQUAL(ask("?user_id=1").status, 403);
    for (auto bad :
         {"?limit=0", "?limit=101", "?offset=-1", "?limit=x", "?status=nope",
          "?sort_by=id", "?sort_order=up", "?project_id=0"})
      CAF_CHECK_EQUAL(ask(bad).status, 422);
    CAF_CHECK_EQUAL(ask("?unknown=1").status, 200);
    x.log_in_admin();
    CAF_CHECK_EQUAL(ask("").number("total"), 0);
    CAF_CHECK_EQUAL(ask("?user_id=2").number("total"), 1);
    CAF_CHECK_EQUAL(ask("?all=true").number("total"), 5);
  });
}

CAF_TEST(bad schedules are 422 and those that never match 400) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto status = [&](const std::string& cron) {
    return x->client
        .post("/api/v1/tasks", "{\"skill_name\":\"a\",\"schedule_cron\":"
                                   + json_quoted(cron) + '}')
        .status;
  };
  for (auto cron : {"invalid", "60 0 * * *", "0 25 * * *", "", "* * * * * *",
                    "0 0 0 1 1 * *", "not a cron at all"})
    CAF_CHECK_EQUAL(status(cron), 422);
  for (auto cron : {"* * * * *", "0 0 * * *", "0 */2 * * *", "0 9-17 * * 1-5",
                    "@midnight", "@annually"})
    CAF_CHECK_EQUAL(status(cron), 201);
  CAF_CHECK_EQUAL(status("0 0 30 2 *"), 400);
}

CAF_TEST(a task with a first run and no schedule is a one shot) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post(
        "/api/v1/tasks",
        R"({"skill_name":"once","next_run_at":"2031-01-02T03:04:05.678+02:00"})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    CAF_CHECK_EQUAL(made.text("schedule_cron"), "null");
    CAF_CHECK_EQUAL(made.text("next_run_at"), "2031-01-02T01:04:05.678Z");
  });
}

CAF_TEST(text comes back as it was sent) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    for (auto text : {"'; DROP TABLE users; --", "<script>alert(1)</script>",
                      "a\\\\b\\\"c", "\xf0\x9f\x98\x80 \xc3\xa9", "{1,2}",
                      "NULL", "\\n\\t", "%s%n", "\\u0001"}) {
      auto made = x.client.post(
          "/api/v1/tasks", std::string{R"({"skill_name":"a","schedule_cron":)"}
                               + R"("0 9 * * *","description":")" + text
                               + "\"}");
      CAF_REQUIRE_EQUAL(made.status, 201);
      json_document sent;
      json_problem why;
      CAF_REQUIRE(parse_json(std::string{"[\""} + text + "\"]", sent, why));
      auto shown = x.client.get(item(made.number("id")));
      CAF_CHECK_EQUAL(shown.text("description"),
                      std::string{sent[0].GetString()});
    }
  });
}

CAF_TEST(parallel changes of one row are all counted) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = create(x);
    auto token = x.client.token;
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, i] {
        api client{x.server.port()};
        client.token = token;
        for (int j = 0; j < 25; ++j)
          good += client
                      .put(item(id), "{\"title\":\"" + std::to_string(i) + '-'
                                         + std::to_string(j) + "\"}")
                      .status
                  == 200;
      });
    for (auto& t : threads)
      t.join();
    CAF_CHECK_EQUAL(good.load(), 200);
    // One audit entry per change: none was lost, none was written twice.
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM audit_logs WHERE operation = "
                            "'UPDATE' AND table_name = 'scheduled_tasks'"),
                    200);
    CAF_CHECK_EQUAL(x.count("SELECT version FROM scheduled_tasks"), 201);
  });
}

CAF_TEST(audit and events stand beside the change they tell of) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = create(x);
    x.client.put(item(id), R"({"status":"running"})");
    x.client.put(item(id), R"({"status":"running"})"); // no change: no row
    x.client.del(item(id));
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM audit_logs WHERE table_name = "
                "'scheduled_tasks'"),
        3);
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM audit_logs WHERE operation = "
                "'UPDATE' AND changed_fields = "
                R"('{"status":{"new":"running","old":"pending"}}')"),
        1);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events WHERE type = "
                            "'task_status_update'"),
                    2);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events WHERE type = "
                            "'calendar_event_created'"),
                    1);
    // Positions are gapless and the counter is the last of them.
    CAF_CHECK_EQUAL(x.count("SELECT max(position) - count(*) FROM events"), 0);
    CAF_CHECK_EQUAL(x.count("SELECT position FROM event_position"), 3);
  });
}
