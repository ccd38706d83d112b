#define CAF_SUITE lifecycle
#include "tests/support/served.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>
#include <thread>

using namespace callboard;
using namespace callboard::test;

namespace {

const std::string users = "/api/v1/admin/users";

answer refreshed(api& client, const std::string& token) {
  return client.post("/api/v1/auth/refresh",
                     "{\"refresh_token\":" + json_quoted(token) + '}');
}

answer changed(served& x, int64_t id, const std::string& body) {
  return x.client.send("PATCH", users + '/' + std::to_string(id), body);
}

answer reset(served& x, const std::string& name, const std::string& code,
             const std::string& password = "N3wPassword") {
  return x.client.post(
      "/api/v1/auth/reset-password",
      "{\"username\":" + json_quoted(name) + ",\"code\":" + json_quoted(code)
          + ",\"new_password\":" + json_quoted(password) + '}');
}

/// Signs up somebody and goes on as the admin; the new id.
int64_t joined(served& x, const std::string& name) {
  x.client.sign_up(name);
  auto id = x.client.get("/api/v1/auth/me").number("id");
  x.log_in_admin();
  return id;
}

std::string names(const answer& x) {
  std::string out;
  auto document = x.json();
  if (!document.IsObject() || !document.HasMember("users"))
    return "no list: " + x.body;
  for (auto& row : document["users"].GetArray())
    out += std::string{row["username"].GetString()} + ' ';
  return out;
}

} // namespace

CAF_TEST(an admin finds accounts newest first by name address role and state) {
  for_each_database([](served& x) {
    for (auto name : {"ann", "Anton", "bob"})
      joined(x, name);
    auto list
        = [&](const std::string& query) { return x.client.get(users + query); };
    auto all = list("");
    CAF_CHECK_EQUAL(names(all), "bob Anton ann admin ");
    CAF_CHECK_EQUAL(all.number("total"), 4);
    CAF_CHECK(all.body.find("password") == std::string::npos);
    CAF_CHECK(all.body.find("reset") == std::string::npos);
    CAF_CHECK_EQUAL(names(list("?search=an")), "Anton ann "); // by address, too
    CAF_CHECK_EQUAL(names(list("?search=Ant")), "Anton ");
    CAF_CHECK_EQUAL(names(list("?search=%25")), "");
    CAF_CHECK_EQUAL(names(list("?role=admin")), "admin ");
    CAF_CHECK_EQUAL(names(list("?is_active=false")), "");
    CAF_CHECK_EQUAL(names(list("?limit=1&offset=1")), "Anton ");
    auto next = list("?limit=2").text("next_cursor");
    CAF_CHECK_EQUAL(names(list("?limit=2&cursor=" + next)), "ann admin ");
    for (auto bad : {"?role=root", "?is_active=maybe", "?limit=0",
                     "?limit=1001", "?cursor=x"})
      CAF_CHECK_EQUAL(list(bad).status, 422);
  });
}

CAF_TEST(accounts are no business of other users) {
  for_each_database([](served& x) {
    auto id = joined(x, "bob");
    x.client.sign_up("ann");
    auto one = users + '/' + std::to_string(id);
    const std::pair<const char*, std::string> table[] = {
        {"GET", users},
        {"GET", one},
        {"PATCH", one},
        {"PUT", one},
        {"DELETE", one},
        {"GET", one + "/export"},
        {"POST", one + "/reset-code"},
    };
    for (auto& [method, path] : table) {
      auto body = path == one ? R"({"is_active":false})" : "";
      if (std::string_view{method} == "GET")
        body = "";
      CAF_CHECK_EQUAL(x.client.send(method, path, body).status, 403);
      auto token = std::exchange(x.client.token, "");
      CAF_CHECK_EQUAL(x.client.send(method, path).status, 401);
      x.client.token = token;
    }
    x.log_in_admin();
    CAF_CHECK_EQUAL(x.client.get(one).text("is_active"), "true");
    CAF_CHECK_EQUAL(x.client.get(users + "/999").detail(),
                    "User 999 not found");
    CAF_CHECK_EQUAL(x.client.get(users + "/x").status, 422);
  });
}

CAF_TEST(who is deactivated is out at once and comes back without sessions) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto access = x.client.token;
    auto token = x.client.log_in("ann").text("refresh_token");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/auth/me").status, 200);
    x.log_in_admin();
    CAF_CHECK_EQUAL(changed(x, 2, R"({"is_active":false})").text("is_active"),
                    "false");
    api ann{x.server.port()};
    ann.token = access;
    auto refused = ann.get("/api/v1/auth/me");
    CAF_CHECK_EQUAL(refused.status, 401);
    CAF_CHECK_EQUAL(refused.detail(), "User account is inactive");
    CAF_CHECK_EQUAL(refreshed(ann, token).status, 401);
    CAF_CHECK_EQUAL(ann.log_in("ann").status, 401);
    CAF_CHECK_EQUAL(changed(x, 2, R"({"is_active":true})").status, 200);
    CAF_CHECK_EQUAL(refreshed(ann, token).status, 401);
    CAF_CHECK_EQUAL(ann.log_in("ann").status, 200);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM audit_logs WHERE table_name "
                            "= 'users' AND record_id = 2 AND user_id = '1'"),
                    2);
  });
}

CAF_TEST(a role takes effect at once and the last admin keeps his) {
  for_each_database([](served& x) {
    auto id = joined(x, "ann");
    CAF_CHECK_EQUAL(changed(x, 1, R"({"role":"user"})").status, 409);
    CAF_CHECK_EQUAL(changed(x, 1, R"({"is_active":false})").detail(),
                    "The last active admin must stay one");
    CAF_CHECK_EQUAL(x.client.del(users + "/1").status, 409);
    CAF_CHECK_EQUAL(changed(x, id, R"({"role":"admin"})").text("role"),
                    "admin");
    x.client.log_in("ann");
    CAF_CHECK_EQUAL(x.client.get(users).status, 200);
    CAF_CHECK_EQUAL(changed(x, 1, R"({"role":"user"})").status, 200);
    x.log_in_admin();
    CAF_CHECK_EQUAL(x.client.get(users).status, 403);
  });
}

CAF_TEST(bad changes of an account are refused and say where) {
  const std::tuple<const char*, int, const char*> table[] = {
      {"{}", 400, "No fields to update"},
      {R"({"role":"root"})", 422, "enum"},
      {R"({"role":null})", 422, "enum"},
      {R"({"is_active":"no"})", 422, "bool_type"},
      {R"({"is_active":null})", 422, "bool_type"},
      {R"({"is_active":1})", 422, "bool_type"},
      {R"({"username":"x"})", 422, "extra_forbidden"},
      {R"({"hashed_password":"x","role":"user"})", 422, "extra_forbidden"},
      {"[]", 422, "model_attributes_type"},
      {"", 422, "missing"},
  };
  auto x = serve_sqlite();
  joined(*x, "ann");
  for (auto& [body, status, expected] : table) {
    auto got = changed(*x, 2, body);
    CAF_CHECK_EQUAL(got.status, status);
    CAF_CHECK_EQUAL(got.detail(), expected);
  }
}

CAF_TEST(a reset code sets a new password once and ends all sessions) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto token = x.client.log_in("ann").text("refresh_token");
    x.log_in_admin();
    auto offer = [&] { return x.client.post(users + "/2/reset-code", ""); };
    auto first = offer().text("code");
    auto made = offer();
    CAF_CHECK_EQUAL(made.status, 201);
    CAF_CHECK_EQUAL(made.text("username"), "ann");
    auto code = made.text("code");
    CAF_CHECK(code.size() >= 24 && code != first);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM users WHERE reset_code = '"
                            + code + '\''),
                    0); // its digest is stored
    x.client.token.clear();
    CAF_CHECK_EQUAL(reset(x, "ann", first).status, 400); // replaced
    CAF_CHECK_EQUAL(reset(x, "bob", code).status, 400);
    CAF_CHECK_EQUAL(reset(x, "ann", code, "weak").status, 422);
    CAF_CHECK_EQUAL(reset(x, "ann", code).status, 200);
    auto again = reset(x, "ann", code);
    CAF_CHECK_EQUAL(again.status, 400);
    CAF_CHECK_EQUAL(again.detail(), "Invalid or expired reset code");
    CAF_CHECK_EQUAL(refreshed(x.client, token).status, 401);
    CAF_CHECK_EQUAL(x.client.log_in("ann").status, 401);
    CAF_CHECK_EQUAL(x.client.log_in("ann", "N3wPassword").status, 200);
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM audit_logs WHERE changed_fields LIKE "
                "'%reset_code%' AND changed_fields NOT LIKE '%***%'"),
        0);
  });
}

CAF_TEST(who guesses waits longer and longer whether the account exists
         or not ) {
  for_each_database(
      [](served& x) {
        x.client.sign_up("ann");
        for (auto name : {"ann", "nobody"}) {
          std::string seen;
          for (int i = 0; i < 5; ++i) {
            auto got = x.client.log_in(name, "Wr0ngPassword");
            seen += std::to_string(got.status) + ' ';
            if (got.status == 429)
              CAF_CHECK_EQUAL(got.fields["retry-after"], "1");
          }
          CAF_CHECK_EQUAL(seen, "401 401 401 429 429 ");
        }
        // The right password does not help before the time is over ...
        CAF_CHECK_EQUAL(x.client.log_in("ann").status, 429);
        std::this_thread::sleep_for(std::chrono::milliseconds{1100});
        CAF_CHECK_EQUAL(x.client.log_in("ann").status, 200);
        // ... and then all is forgotten.
        CAF_CHECK_EQUAL(x.client.log_in("ann", "Wr0ngPassword").status, 401);
      },
      {{"LOGIN_FREE_FAILURES", "2"}});
}

CAF_TEST(guessing a code or the present password is guessing as well) {
  auto x = serve_sqlite({{"LOGIN_FREE_FAILURES", "2"}});
  x->client.sign_up("ann");
  auto change = [&] {
    return x->client
        .post("/api/v1/auth/change-password",
              R"({"current_password":"x","new_password":"N3wPassword"})")
        .status;
  };
  CAF_CHECK_EQUAL(change(), 400);
  CAF_CHECK_EQUAL(change(), 400);
  CAF_CHECK_EQUAL(reset(*x, "ann", "guess").status, 400);
  CAF_CHECK_EQUAL(reset(*x, "ann", "guess").status, 429);
  CAF_CHECK_EQUAL(change(), 429);
  CAF_CHECK_EQUAL(x->client.log_in("ann").status, 429);
}

CAF_TEST(a user takes everything along) {
  for_each_database([](served& x) {
    joined(x, "bob");
    x.client.sign_up("ann");
    x.client.post("/api/v1/projects", R"({"name":"Mine"})");
    auto task = x.client.post(
        "/api/v1/tasks", R"({"skill_name":"s","schedule_cron":"0 9 * * *"})");
    auto agent
        = x.client.post("/api/v1/agents", R"({"name":"a1","type":"coder"})");
    x.client.post("/api/v1/agents/activity",
                  "{\"agent_id\":" + agent.text("id")
                      + ",\"task_id\":" + task.text("id")
                      + R"(,"status":"success","output":"done"})");
    x.client.post("/api/v1/memory/store",
                  R"({"content":"remember me","intent":"research"})");
    auto all = x.client.get("/api/v1/auth/me/export");
    CAF_REQUIRE_EQUAL(all.status, 200);
    auto document = all.json();
    CAF_CHECK_EQUAL(std::string{document["user"]["username"].GetString()},
                    "ann");
    for (auto kind : {"projects", "tasks", "executions", "agents", "sessions"})
      CAF_CHECK_EQUAL(document[kind].Size(), 1u);
    CAF_CHECK(document["memory"].Size() >= 1u);
    CAF_CHECK(document["audit"].Size() >= 3u);
    CAF_CHECK_EQUAL(document["truncated"].Size(), 0u);
    CAF_CHECK(all.body.find("password") == std::string::npos);
    CAF_CHECK(all.body.find("bob") == std::string::npos);
    x.log_in_admin();
    auto same = x.client.get(users + "/3/export").json();
    CAF_CHECK(same["tasks"] == document["tasks"]);
    CAF_CHECK_EQUAL(x.client.get(users + "/99/export").status, 404);
  });
}

CAF_TEST(what belongs to an erased user is gone and the rest stands) {
  for_each_database([](served& x) {
    x.client.sign_up("bob");
    x.client.post("/api/v1/projects", R"({"name":"Bob's"})");
    x.client.sign_up("ann");
    auto access = x.client.token;
    x.client.post("/api/v1/projects", R"({"name":"Ann's secret plan"})");
    auto task = x.client.post(
        "/api/v1/tasks",
        R"({"skill_name":"annskill","schedule_cron":"0 9 * * *"})");
    auto agent
        = x.client.post("/api/v1/agents", R"({"name":"a1","type":"coder"})");
    x.client.post("/api/v1/agents/activity",
                  "{\"agent_id\":" + agent.text("id")
                      + ",\"task_id\":" + task.text("id")
                      + R"(,"status":"success","output":"annskill ran"})");
    x.client.put("/api/v1/tasks/" + task.text("id"), R"({"title":"annskill"})");
    auto gone = [&](const char* password) {
      return x.client.send("DELETE", "/api/v1/auth/me",
                           std::string{R"({"password":")"} + password + "\"}");
    };
    CAF_CHECK_EQUAL(gone("Wr0ngPassword").status, 400);
    CAF_CHECK_EQUAL(gone("Passw0rd!").status, 200);
    CAF_CHECK_EQUAL(x.client.get("/api/v1/auth/me").status, 401);
    CAF_CHECK_EQUAL(x.client.log_in("ann").status, 401);
    for (auto table : {"scheduled_tasks", "execution_results"})
      CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM " + std::string{table}), 0);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM projects"), 1);
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM refresh_tokens WHERE user_id = 3"), 0);
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM memory_entries WHERE user_id = '3'"), 0);
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM agents WHERE user_id IS NULL"), 1);
    // Who, what and when stay; whose it was and what it said do not.
    CAF_CHECK(x.count("SELECT count(*) FROM audit_logs WHERE user_id = '3'")
              >= 4);
    CAF_CHECK_EQUAL(
        x.count("SELECT count(*) FROM audit_logs WHERE (user_id = '3' OR "
                "(table_name = 'users' AND record_id = 3)) AND "
                "(changed_fields IS NOT NULL OR (user_id = '3' AND ip_address "
                "IS NOT NULL))"),
        0);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events WHERE data LIKE "
                            "'%annskill%' OR payload LIKE '%annskill%'"),
                    0);
    x.client.sign_up("ann"); // the name is free again
    x.log_in_admin();
    auto shown = x.client.get(users + "/3");
    CAF_CHECK_EQUAL(shown.text("username"), "erased.3");
    CAF_CHECK_EQUAL(shown.text("is_active"), "false");
    CAF_CHECK_EQUAL(x.client.del(users + "/2").status, 200); // by an admin
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM projects"), 0);
  });
}

CAF_TEST(a new key ends no session while the old one is known) {
  auto x = serve_sqlite(
      {{"JWT_SECRET_KEY", "first-first-first-first-first-first"}});
  x->client.sign_up("ann");
  auto access = x->client.token;
  auto refresh = x->client.log_in("ann").text("refresh_token");
  auto restarted = [&](const char* key, const char* previous) {
    x->server.signal(SIGTERM);
    x->server.wait(std::chrono::seconds{20});
    auto options = x->options();
    options.env["JWT_SECRET_KEY"] = key;
    options.env["JWT_PREVIOUS_SECRET_KEY"] = previous;
    return std::make_unique<server_process>(options);
  };
  {
    auto second = restarted("second-second-second-second-second",
                            "first-first-first-first-first-first");
    api client{second->port()};
    client.token = access;
    CAF_CHECK_EQUAL(client.get("/api/v1/auth/me").status, 200);
    auto next = refreshed(client, refresh);
    CAF_CHECK_EQUAL(next.status, 200);
    refresh = next.text("refresh_token");
    second->signal(SIGTERM);
    second->wait(std::chrono::seconds{20});
  }
  auto third = restarted("second-second-second-second-second", "");
  api client{third->port()};
  client.token = access;
  CAF_CHECK_EQUAL(client.get("/api/v1/auth/me").status, 401);
  CAF_CHECK_EQUAL(refreshed(client, refresh).status, 200);
}

CAF_TEST(old rows go while the program runs) {
  for_each_database(
      [](served& x) {
        x.client.sign_up("ann");
        for (int i = 0; i < 8; ++i)
          x.client.post("/api/v1/tasks",
                        R"({"skill_name":"s","schedule_cron":"0 9 * * *"})");
        for (int i = 0; i < 100; ++i) {
          if (x.count("SELECT count(*) FROM audit_logs") <= 3
              && x.count("SELECT count(*) FROM events") <= 5)
            break;
          std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
        CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM audit_logs"), 3);
        CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM events"), 5);
        CAF_CHECK_EQUAL(
            x.count("SELECT min(e.position) - s.pruned_to FROM events e, "
                    "event_stream s GROUP BY s.pruned_to"),
            1);
      },
      {{"AUDIT_RETENTION_ROWS", "3"},
       {"EVENT_RETENTION_ROWS", "5"},
       {"RETENTION_INTERVAL", "0.2"}});
}
