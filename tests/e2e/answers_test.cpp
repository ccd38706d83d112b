#define CAF_SUITE answers
#include "tests/support/gunzip.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <thread>

using namespace callboard;
using namespace callboard::test;

namespace {

std::string task(const std::string& title, size_t params = 0) {
  return R"({"skill_name":"x","schedule_cron":"0 9 * * *","title":)"
         + json_quoted(title) + R"(,"params":{"a":")" + std::string(params, 'a')
         + "\"}}";
}

answer get_with(served& x, const std::string& path,
                std::vector<std::string> lines) {
  x.client.extra = std::move(lines);
  auto out = x.client.get(path);
  x.client.extra = {};
  return out;
}

answer put_if(served& x, const std::string& path, const std::string& tag,
              const std::string& body = R"({"title":"t"})") {
  x.client.extra = {"If-Match: " + tag};
  auto out = x.client.put(path, body);
  x.client.extra = {};
  return out;
}

std::string path_of(const answer& made) {
  return "/api/v1/tasks/" + std::to_string(made.number("id"));
}

constexpr auto gzip = "Accept-Encoding: gzip";

} // namespace

// -- compression --------------------------------------------------------------

CAF_TEST(answers of a thousand bytes are compressed for those who accept it) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto small = path_of(x->client.post("/api/v1/tasks", task("small")));
  auto large = path_of(x->client.post("/api/v1/tasks", task("large", 2000)));
  for (int i = 0; i < 20; ++i)
    x->client.post("/api/v1/tasks", task("many", 20'000));
  for (auto& path : {large, std::string{"/api/v1/tasks"}}) {
    auto plain = x->client.get(path);
    CAF_CHECK_EQUAL(plain.fields.count("content-encoding"), 0u);
    CAF_CHECK_EQUAL(plain.fields["vary"], "Accept-Encoding");
    auto packed = get_with(*x, path, {gzip});
    CAF_CHECK_EQUAL(packed.status, 200);
    CAF_CHECK_EQUAL(packed.fields["content-encoding"], "gzip");
    CAF_CHECK_EQUAL(packed.fields["vary"], "Accept-Encoding");
    CAF_CHECK(packed.body.size() * 2 < plain.body.size());
    CAF_CHECK(gunzip(packed.body) == plain.body);
    auto head = x->client.send("HEAD", path);
    CAF_CHECK_EQUAL(head.fields["content-length"],
                    std::to_string(plain.body.size()));
  }
  auto untouched = get_with(*x, small, {gzip});
  CAF_CHECK_EQUAL(untouched.fields.count("content-encoding"), 0u);
  CAF_CHECK_EQUAL(untouched.fields.count("vary"), 0u);
  for (auto refuses : {"Accept-Encoding: gzip;q=0", "Accept-Encoding: br",
                       "Accept-Encoding: identity, gzip;q=0.5"})
    CAF_CHECK_EQUAL(
        get_with(*x, large, {refuses}).fields.count("content-encoding"), 0u);
  // Two lines are one list.
  auto listed = get_with(*x, large, {"Accept-Encoding: br", gzip});
  CAF_CHECK_EQUAL(listed.fields["content-encoding"], "gzip");
}

CAF_TEST(answers that may hold a secret are never compressed) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  x->client.extra = {gzip};
  auto profile = x->client.put(
      "/api/v1/auth/me", R"({"avatar_url":"http://)" + std::string(400, 'a')
                             + R"(","bio":")" + std::string(500, 'b') + "\"}");
  CAF_CHECK_EQUAL(profile.status, 200);
  CAF_CHECK(profile.body.size() > 1000);
  auto login = x->client.log_in("ann");
  CAF_CHECK(login.body.size() > 1000);
  for (auto& got : {profile, login}) {
    CAF_CHECK_EQUAL(got.fields.count("content-encoding"), 0u);
    CAF_CHECK_EQUAL(got.fields.count("vary"), 0u);
  }
}

// -- problem documents --------------------------------------------------------

CAF_TEST(errors are problem documents for those who ask for them) {
  auto x = serve_sqlite();
  auto ask = [&](const std::string& accept, const std::string& path) {
    return get_with(*x, path, {"Accept: " + accept});
  };
  auto missing = ask("application/problem+json", "/nowhere");
  CAF_CHECK_EQUAL(missing.status, 404);
  CAF_CHECK_EQUAL(missing.fields["content-type"], "application/problem+json");
  CAF_CHECK_EQUAL(missing.fields["vary"], "Accept");
  CAF_CHECK_EQUAL(missing.text("type"), "tag:callboard,2026:not_found");
  CAF_CHECK_EQUAL(missing.text("title"), "Not Found");
  CAF_CHECK_EQUAL(missing.number("status"), 404);
  CAF_CHECK_EQUAL(missing.text("instance"), missing.fields["x-request-id"]);
  CAF_CHECK_EQUAL(ask("application/problem+json", "/api/v1/tasks").status, 401);
  for (auto accept : {"application/json, text/plain, */*", "*/*",
                      "application/problem+json;q=0.5, application/json"}) {
    auto got = ask(accept, "/nowhere");
    CAF_CHECK_EQUAL(got.fields["content-type"], "application/json");
    CAF_CHECK_EQUAL(got.number("status_code"), 404);
  }
  auto fine = ask("application/problem+json", "/api/v1/liveness");
  CAF_CHECK_EQUAL(fine.fields["content-type"], "application/json");
  x->client.sign_up("ann");
  x->client.extra = {"Accept: application/problem+json"};
  auto rejected = x->client.post("/api/v1/tasks", R"({"priority":"x"})");
  CAF_CHECK_EQUAL(rejected.status, 422);
  CAF_CHECK_EQUAL(rejected.json()["errors"].Size(), 3u);
  CAF_CHECK(rejected.text("detail").find("body.skill_name: Field required")
            != std::string::npos);
}

// -- rate limits --------------------------------------------------------------

CAF_TEST(the fields of the IETF draft say what the old ones say) {
  auto x = serve_sqlite(
      {{"RATE_LIMIT_ENABLED", "true"}, {"RATE_LIMIT_PER_MINUTE", "2"}});
  for (int left : {1, 0, 0}) {
    auto got = x->client.get("/nowhere");
    CAF_CHECK_EQUAL(got.fields["ratelimit-policy"], "\"standard\";q=2;w=60");
    auto text = got.fields["ratelimit"];
    auto head = "\"standard\";r=" + std::to_string(left) + ";t=";
    CAF_REQUIRE(text.starts_with(head));
    auto seconds = std::stoi(text.substr(head.size()));
    CAF_CHECK(seconds >= 0 && seconds <= 60);
  }
  auto auth = x->client.post("/api/v1/auth/login", "{}");
  CAF_CHECK_EQUAL(auth.fields["ratelimit-policy"], "\"auth\";q=50;w=60");
  CAF_CHECK_EQUAL(x->client.get("/api/v1/liveness").fields.count("ratelimit"),
                  0u);
}

// -- versions -----------------------------------------------------------------

CAF_TEST(a task that did not change is not sent again) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post("/api/v1/tasks", task("one", 2000));
    auto path = path_of(made);
    auto tag = x.client.get(path).fields["etag"];
    CAF_CHECK(!tag.empty());
    CAF_CHECK_EQUAL(made.fields["etag"], tag);
    auto known = get_with(x, path, {"If-None-Match: " + tag});
    CAF_CHECK_EQUAL(known.status, 304);
    CAF_CHECK(known.body.empty());
    CAF_CHECK_EQUAL(known.fields["etag"], tag);
    CAF_CHECK_EQUAL(known.fields["content-length"], "");
    // The compressed answer has other bytes, so another strong tag.
    auto packed = get_with(x, path, {gzip}).fields["etag"];
    CAF_CHECK(packed != tag);
    auto unchanged = get_with(x, path, {gzip, "If-None-Match: " + packed});
    CAF_CHECK_EQUAL(unchanged.status, 304);
    CAF_CHECK_EQUAL(unchanged.fields["etag"], packed);
    auto updated = x.client.put(path, R"({"title":"two"})");
    CAF_CHECK(updated.fields["etag"] != tag);
    auto changed = get_with(x, path, {"If-None-Match: " + tag});
    CAF_CHECK_EQUAL(changed.status, 200);
    CAF_CHECK_EQUAL(changed.fields["etag"], updated.fields["etag"]);
    // A new execution changes the answer, though not the task.
    x.count(x.sqlite()
                ? "INSERT INTO execution_results (task_id, started_at, status) "
                  "VALUES (1, 0, 'success') RETURNING id"
                : "INSERT INTO execution_results (task_id, started_at, status) "
                  "VALUES (1, now(), 'success') RETURNING id");
    auto ran = get_with(x, path, {"If-None-Match: " + updated.fields["etag"]});
    CAF_CHECK_EQUAL(ran.status, 200);
    CAF_CHECK(ran.fields["etag"] != updated.fields["etag"]);
    CAF_CHECK_EQUAL(put_if(x, path, ran.fields["etag"]).status, 200);
  });
}

CAF_TEST(a write meets the version that its client knows or none) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post("/api/v1/tasks", task("one"));
    auto path = path_of(made);
    auto tag = made.fields["etag"];
    auto first = put_if(x, path, tag, R"({"title":"two"})");
    CAF_CHECK_EQUAL(first.status, 200);
    auto second = put_if(x, path, tag, R"({"title":"three"})");
    CAF_CHECK_EQUAL(second.status, 412);
    CAF_CHECK_EQUAL(x.client.get(path).text("title"), "two");
    for (auto good : {std::string{"*"}, "\"x\", " + first.fields["etag"]})
      CAF_CHECK_EQUAL(put_if(x, path, good, "{}").status, 200);
    for (auto stale : {"\"x\"", "W/\"s1.2\"", "\"s2.2\""})
      CAF_CHECK_EQUAL(put_if(x, path, stale).status, 412);
    CAF_CHECK_EQUAL(put_if(x, path, "s1.2").status, 400);
    CAF_CHECK_EQUAL(put_if(x, "/api/v1/tasks/99", tag).status, 404);
    x.client.extra = {"If-Match: " + tag};
    CAF_CHECK_EQUAL(x.client.del(path).status, 412);
    x.client.sign_up("bob");
    CAF_CHECK_EQUAL(x.client.del(path).status, 403); // before the version
  });
}

CAF_TEST(of many writers with one tag one wins each round) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto made = x.client.post("/api/v1/tasks", task("one"));
    auto path = path_of(made);
    auto tag = made.fields["etag"];
    for (int round = 0; round < 5; ++round) {
      std::atomic<int> won{0};
      std::atomic<int> lost{0};
      std::vector<std::thread> writers;
      for (int i = 0; i < 8; ++i)
        writers.emplace_back([&, i] {
          api client{x.server.port()};
          client.token = x.client.token;
          client.extra = {"If-Match: " + tag};
          auto status = client
                            .put(path, "{\"title\":\"" + std::to_string(round)
                                           + '-' + std::to_string(i) + "\"}")
                            .status;
          won += status == 200 ? 1 : 0;
          lost += status == 412 ? 1 : 0;
        });
      for (auto& t : writers)
        t.join();
      CAF_CHECK_EQUAL(won.load(), 1);
      CAF_CHECK_EQUAL(lost.load(), 7);
      tag = x.client.get(path).fields["etag"];
    }
    CAF_CHECK_EQUAL(x.count("SELECT version FROM scheduled_tasks"), 6);
  });
}

CAF_TEST(projects and agents have versions too) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    const std::tuple<const char*, const char*> kinds[] = {
        {"/api/v1/projects/", R"({"name":"one"})"},
        {"/api/v1/agents/", R"({"name":"one","type":"coder"})"},
    };
    for (auto& [path, body] : kinds) {
      x.client.extra = {};
      auto collection = std::string{path};
      collection.pop_back();
      auto made = x.client.post(collection, body);
      CAF_REQUIRE_EQUAL(made.status, 201);
      auto item = path + std::to_string(made.number("id"));
      auto tag = x.client.get(item).fields["etag"];
      CAF_CHECK(!tag.empty());
      x.client.extra = {"If-None-Match: " + tag};
      CAF_CHECK_EQUAL(x.client.get(item).status, 304);
      x.client.extra = {"If-Match: " + made.fields["etag"]};
      auto changed = x.client.put(item, R"({"name":"two"})");
      CAF_CHECK_EQUAL(changed.status, 200);
      CAF_CHECK_EQUAL(x.client.put(item, R"({"name":"three"})").status, 412);
      CAF_CHECK_EQUAL(x.client.del(item).status, 412);
      x.client.extra = {"If-None-Match: " + tag};
      CAF_CHECK_EQUAL(x.client.get(item).text("name"), "two");
      x.client.extra = {"If-Match: " + changed.fields["etag"]};
      CAF_CHECK_EQUAL(x.client.del(item).status, 204);
    }
  });
}

CAF_TEST(a project that got a task is sent again) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    auto id = x.client.post("/api/v1/projects", R"({"name":"p"})").number("id");
    auto item = "/api/v1/projects/" + std::to_string(id);
    auto tag = x.client.get(item).fields["etag"];
    x.client.post("/api/v1/tasks",
                  R"({"skill_name":"s","schedule_cron":"0 9 * * *",)"
                  R"("project_id":)"
                      + std::to_string(id) + '}');
    x.client.extra = {"If-None-Match: " + tag};
    auto again = x.client.get(item);
    CAF_CHECK_EQUAL(again.status, 200);
    CAF_CHECK_EQUAL(again.number("tasks_count"), 1);
  });
}
