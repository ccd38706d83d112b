#define CAF_SUITE accounts
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <set>
#include <thread>

using namespace callboard;
using namespace callboard::test;

CAF_TEST(a person registers logs in and is shown without the password hash) {
  for_each_database([](served& x) {
    auto made = x.client.post(
        "/api/v1/auth/register",
        R"({"username":"ann","email":"Ann@Example.COM","password":"Passw0rd!",)"
        R"("full_name":"Ann","role":"admin","is_active":false})");
    CAF_REQUIRE_EQUAL(made.status, 201);
    CAF_CHECK_EQUAL(made.text("role"), "user");
    CAF_CHECK_EQUAL(made.text("is_active"), "true");
    CAF_CHECK_EQUAL(made.text("email"), "Ann@example.com");
    CAF_CHECK_EQUAL(made.text("last_login"), "null");
    auto in = x.client.log_in("ann");
    CAF_REQUIRE_EQUAL(in.status, 200);
    CAF_CHECK_EQUAL(in.text("token_type"), "bearer");
    CAF_CHECK_EQUAL(in.number("expires_in"), 3600);
    auto me = x.client.get("/api/v1/auth/me");
    CAF_REQUIRE_EQUAL(me.status, 200);
    CAF_CHECK_EQUAL(me.text("username"), "ann");
    CAF_CHECK(me.text("last_login") != "null");
    CAF_CHECK(me.body.find("password") == std::string::npos);
  });
}

CAF_TEST(names and addresses are unique and the name is told first) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto again = [&](const char* name, const char* email) {
      return x.client.post("/api/v1/auth/register",
                           std::string{"{\"username\":\""} + name
                               + "\",\"email\":\"" + email
                               + "\",\"password\":\"Passw0rd!\"}");
    };
    auto both = again("ann", "ann@example.com");
    CAF_CHECK_EQUAL(both.status, 400);
    CAF_CHECK_EQUAL(both.detail(), "Username already registered");
    auto mail = again("bob", "ANN@example.com");
    CAF_CHECK_EQUAL(mail.status, 400);
    CAF_CHECK_EQUAL(mail.detail(), "Email already registered");
    CAF_CHECK_EQUAL(again("Ann", "other@example.com").status, 201);
  });
}

CAF_TEST(fifty parallel registrations of one name make one account) {
  for_each_database([](served& x) {
    std::atomic<int> made{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 10; ++i)
      threads.emplace_back([&, i] {
        api client{x.server.port()};
        for (int j = 0; j < 5; ++j) {
          auto got = client.post(
              "/api/v1/auth/register",
              "{\"username\":\"same\",\"email\":\"m" + std::to_string(i * 5 + j)
                  + "@example.com\",\"password\":\"Passw0rd!\"}");
          made += got.status == 201 ? 1 : 0;
          refused += got.status == 400 ? 1 : 0;
        }
      });
    for (auto& t : threads)
      t.join();
    CAF_CHECK_EQUAL(made.load(), 1);
    CAF_CHECK_EQUAL(refused.load(), 49);
  });
}

CAF_TEST(bad registrations are refused with every item at once) {
  const std::tuple<const char*, const char*> table[] = {
      {R"({"username":"ab","email":"x","password":"short"})",
       "string_too_short value_error string_too_short"},
      {R"({"username":"a b c","email":"a@b.de","password":"Passw0rd!"})",
       "string_pattern_mismatch"},
      {R"({"username":"abc","email":"a@b.de","password":"alllowercase1"})",
       "value_error"},
      {R"({"username":"abc","email":"a@b.de","password":"NoDigitsHere"})",
       "value_error"},
      {R"({"username":"abc","email":"a@b.de","password":"Pass\u0000w0rd"})",
       "json_invalid"},
      {R"({"username":1,"email":null,"password":[]})",
       "string_type string_type string_type"},
      {"{}", "missing missing missing"},
      {"[]", "model_attributes_type"},
      {"{", "json_invalid"},
  };
  auto x = serve_sqlite();
  for (auto& [body, expected] : table) {
    auto got = x->client.post("/api/v1/auth/register", body);
    CAF_CHECK_EQUAL(got.status, 422);
    std::string types;
    auto document = got.json();
    for (auto& item : document["detail"].GetArray())
      types
          += (types.empty() ? "" : " ") + std::string{item["type"].GetString()};
    CAF_CHECK_EQUAL(types, expected);
    CAF_CHECK(got.body.find("Passw0rd") == std::string::npos);
  }
}

CAF_TEST(a wrong name and a wrong password are answered alike) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto name = x.client.log_in("nobody");
    auto password = x.client.log_in("ann", "Wr0ngPassword");
    CAF_CHECK_EQUAL(name.status, 401);
    CAF_CHECK_EQUAL(password.status, 401);
    CAF_CHECK_EQUAL(name.detail(), "Incorrect username or password");
    CAF_CHECK_EQUAL(password.detail(), name.detail());
    CAF_CHECK_EQUAL(name.fields["www-authenticate"], "Bearer");
  });
}

CAF_TEST(a refresh token works once and its reuse ends the family) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto first = x.client.log_in("ann").text("refresh_token");
    auto use = [&](const std::string& token, const char* agent) {
      x.client.extra = {std::string{"User-Agent: "} + agent};
      return x.client.post("/api/v1/auth/refresh",
                           "{\"refresh_token\":" + json_quoted(token) + '}');
    };
    auto second = use(first, "a");
    CAF_REQUIRE_EQUAL(second.status, 200);
    CAF_CHECK(second.text("refresh_token") != first);
    auto stolen = use(first, "thief");
    CAF_CHECK_EQUAL(stolen.status, 401);
    CAF_CHECK_EQUAL(stolen.detail(), "Refresh token not found or revoked");
    auto after = use(second.text("refresh_token"), "a");
    CAF_CHECK_EQUAL(after.status, 401); // the family is gone
  });
}

CAF_TEST(the same client gets a lost answer again byte for byte) {
  for_each_database([](served& x) {
    x.client.extra = {"User-Agent: phone"};
    x.client.sign_up("ann");
    auto first = x.client.log_in("ann").text("refresh_token");
    auto body = "{\"refresh_token\":" + json_quoted(first) + '}';
    auto lost = x.client.post("/api/v1/auth/refresh", body);
    auto again = x.client.post("/api/v1/auth/refresh", body);
    CAF_CHECK_EQUAL(lost.status, 200);
    CAF_CHECK_EQUAL(again.status, 200);
    CAF_CHECK_EQUAL(again.body, lost.body);
  });
}

CAF_TEST(fifty parallel refreshes with one token give one successor) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto token = x.client.log_in("ann").text("refresh_token");
    std::set<std::string> successors;
    std::mutex mutex;
    std::vector<std::thread> threads;
    for (int i = 0; i < 10; ++i)
      threads.emplace_back([&] {
        api client{x.server.port()};
        for (int j = 0; j < 5; ++j) {
          auto got
              = client.post("/api/v1/auth/refresh",
                            "{\"refresh_token\":" + json_quoted(token) + '}');
          std::lock_guard guard{mutex};
          if (got.status == 200)
            successors.insert(got.text("refresh_token"));
        }
      });
    for (auto& t : threads)
      t.join();
    CAF_CHECK_EQUAL(successors.size(), 1u);
  });
}

CAF_TEST(logout ends the session and always says so) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto token = x.client.log_in("ann").text("refresh_token");
    auto body = "{\"refresh_token\":" + json_quoted(token) + '}';
    CAF_CHECK_EQUAL(x.client.post("/api/v1/auth/logout", body).status, 200);
    auto again = x.client.post("/api/v1/auth/logout", body);
    CAF_CHECK_EQUAL(again.body,
                    R"({"message":"Logout successful","detail":null})");
    CAF_CHECK_EQUAL(x.client.post("/api/v1/auth/refresh", body).status, 401);
  });
}

CAF_TEST(sessions are listed newest first and ended one by one or all) {
  for_each_database([](served& x) {
    x.client.sign_up("bob");
    auto foreign
        = x.client.get("/api/v1/auth/sessions").json()[0]["id"].GetInt64();
    x.client.sign_up("ann");
    x.client.log_in("ann");
    auto list = x.client.get("/api/v1/auth/sessions");
    CAF_REQUIRE_EQUAL(list.status, 200);
    auto rows = list.json();
    CAF_REQUIRE_EQUAL(rows.Size(), 2u);
    CAF_CHECK(rows[0]["id"].GetInt64() > rows[1]["id"].GetInt64());
    CAF_CHECK(!rows[0].HasMember("token"));
    auto id = std::to_string(rows[0]["id"].GetInt64());
    auto path = "/api/v1/auth/sessions/";
    CAF_CHECK_EQUAL(x.client.del(path + id).status, 200);
    CAF_CHECK_EQUAL(x.client.del(path + id).status, 404);
    auto not_mine = x.client.del(path + std::to_string(foreign));
    CAF_CHECK_EQUAL(not_mine.status, 404);
    CAF_CHECK_EQUAL(not_mine.detail(), "Session not found");
    CAF_CHECK_EQUAL(x.client.del("/api/v1/auth/sessions").status, 200);
    CAF_CHECK_EQUAL(x.client.get("/api/v1/auth/sessions").body, "[]");
  });
}

CAF_TEST(a profile takes its three fields and leaves the rest alone) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto got = x.client.put("/api/v1/auth/me",
                            R"({"bio":"hi","role":"admin","full_name":null})");
    CAF_REQUIRE_EQUAL(got.status, 200);
    CAF_CHECK_EQUAL(got.text("bio"), "hi");
    CAF_CHECK_EQUAL(got.text("role"), "user");
    CAF_CHECK_EQUAL(x.client.get("/api/v1/auth/me").text("bio"), "hi");
    auto cleared = x.client.send("PATCH", "/api/v1/auth/me", R"({"bio":null})");
    CAF_CHECK_EQUAL(cleared.text("bio"), "hi");
  });
}

CAF_TEST(a changed password works at once and ends the other sessions) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto other = x.client.log_in("ann").text("refresh_token");
    auto mine = x.client.log_in("ann").text("refresh_token");
    auto change = [&](const char* old) {
      return x.client.post("/api/v1/auth/change-password",
                           std::string{"{\"current_password\":\""} + old
                               + "\",\"new_password\":\"N3wPassword\"}");
    };
    CAF_CHECK_EQUAL(change("Wr0ngPassword").status, 400);
    CAF_CHECK_EQUAL(change("Passw0rd!").status, 200);
    CAF_CHECK_EQUAL(change("Passw0rd!").status, 400);
    CAF_CHECK_EQUAL(x.client.log_in("ann").status, 401);
    CAF_CHECK_EQUAL(x.client.log_in("ann", "N3wPassword").status, 200);
    auto refresh = [&](const std::string& token) {
      return x.client
          .post("/api/v1/auth/refresh",
                "{\"refresh_token\":" + json_quoted(token) + '}')
          .status;
    };
    CAF_CHECK_EQUAL(refresh(other), 401);
    CAF_CHECK_EQUAL(refresh(mine), 200);
  });
}

CAF_TEST(a request without a good token is told so before its body is read) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto good = x->client.token;
  const std::pair<std::string, const char*> table[] = {
      {"", "Not authenticated"},
      {"Authorization: Basic YTpi", "Not authenticated"},
      {"Authorization: Bearer", "Not authenticated"},
      {"Authorization: Bearer x.y.z", "Invalid or expired token"},
      {"Authorization: Bearer " + good + "x", "Invalid or expired token"},
      {"Authorization: Bearer " + x->client.log_in("ann").text("refresh_token"),
       "Invalid or expired token"},
  };
  x->client.token.clear();
  for (auto& [line, expected] : table) {
    x->client.extra
        = line.empty() ? std::vector<std::string>{} : std::vector{line};
    auto got = x->client.post("/api/v1/tasks", "{bad");
    CAF_CHECK_EQUAL(got.status, 401);
    CAF_CHECK_EQUAL(got.detail(), expected);
    CAF_CHECK_EQUAL(got.fields["www-authenticate"], "Bearer");
  }
  x->client.extra = {"Authorization: bEaReR " + good};
  CAF_CHECK_EQUAL(x->client.get("/api/v1/auth/me").status, 200);
}
