#define CAF_SUITE hostile
#include "protocols/digest.hpp"
#include "protocols/jwt.hpp"
#include "tests/support/process_memory.hpp"
#include "tests/support/raw_client.hpp"
#include "tests/support/served.hpp"
#include "tests/support/until.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <chrono>
#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr auto key = "0123456789abcdef0123456789abcdef";
constexpr auto task = R"({"skill_name":"x","schedule_cron":"0 9 * * *"})";

std::unique_ptr<served> serve_with_key() {
  auto x = serve_sqlite({{"JWT_SECRET_KEY", key}});
  x->client.sign_up("ann");
  return x;
}

/// A body whose field `name` has a value that it must not have.
struct body_field {
  const char* method;
  const char* path;
  const char* others; ///< the rest of a good body
  const char* name;
  const char* good; ///< JSON kinds that pass: letters of `s` text, `i`
                    ///< integer, `o` object, `n` null
};

constexpr auto good_task = R"("skill_name":"x","schedule_cron":"0 9 * * *")";

const body_field body_fields[] = {
    {"POST", "/api/v1/auth/register",
     R"("email":"b@example.com","password":"Passw0rd!")", "username", "s"},
    {"POST", "/api/v1/auth/register",
     R"("username":"bobby","password":"Passw0rd!")", "email", ""},
    {"POST", "/api/v1/auth/register",
     R"("username":"bobby","email":"b@example.com")", "password", ""},
    {"POST", "/api/v1/auth/register",
     R"("username":"a b","email":"b@example.com","password":"Passw0rd!")",
     "full_name", "sn"},
    {"POST", "/api/v1/auth/login", R"("password":"Passw0rd!")", "username",
     "s"},
    {"POST", "/api/v1/auth/login", R"("username":"ann")", "password", "s"},
    {"POST", "/api/v1/auth/refresh", R"("x":1)", "refresh_token", "s"},
    {"POST", "/api/v1/auth/logout", R"("x":1)", "refresh_token", "s"},
    {"PUT", "/api/v1/auth/me", R"("x":1)", "full_name", "sn"},
    {"PUT", "/api/v1/auth/me", R"("x":1)", "bio", "sn"},
    {"PUT", "/api/v1/auth/me", R"("x":1)", "avatar_url", "sn"},
    {"POST", "/api/v1/auth/change-password", R"("new_password":"Passw0rd!")",
     "current_password", "s"},
    {"POST", "/api/v1/auth/change-password",
     R"("current_password":"Passw0rd?")", "new_password", ""},
    {"POST", "/api/v1/tasks", R"("schedule_cron":"0 9 * * *")", "skill_name",
     "s"},
    {"POST", "/api/v1/tasks", R"("skill_name":"x")", "schedule_cron", ""},
    {"POST", "/api/v1/tasks", R"("skill_name":"x")", "next_run_at", ""},
    {"POST", "/api/v1/tasks", good_task, "params", "on"},
    {"POST", "/api/v1/tasks", good_task, "status", ""},
    {"POST", "/api/v1/tasks", good_task, "title", "sn"},
    {"POST", "/api/v1/tasks", good_task, "description", "sn"},
    {"POST", "/api/v1/tasks", good_task, "priority", ""},
    {"POST", "/api/v1/tasks", good_task, "project_id", "in"},
    {"POST", "/api/v1/tasks", good_task, "assignee", "sn"},
    {"POST", "/api/v1/tasks", good_task, "due_date", "n"},
    {"POST", "/api/v1/tasks", good_task, "position", "in"},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "schedule_cron", ""},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "params", "on"},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "status", ""},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "title", "sn"},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "description", "sn"},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "priority", ""},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "project_id", "in"},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "assignee", "sn"},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "due_date", "n"},
    {"PUT", "/api/v1/tasks/1", R"("x":1)", "position", "in"},
};

struct value {
  char kind;
  const char* json;
};

const value values[] = {
    {'s', R"("text")"},
    {'i', "7"},
    {'f', "1.5"},
    {'b', "true"},
    {'a', "[]"},
    {'a', R"([{"a":[1]}])"},
    {'o', "{}"},
    {'n', "null"},
    {'b', "false"},
    {'I', "0"},
    {'I', "-1"},
    {'I', "2147483648"},
    {'I', "9007199254740993"},
    {'I', "9223372036854775807"},
    {'x', "9223372036854775808"},
    {'x', "1e999"},
    {'x', "NaN"},
    {'x', R"("\ud800")"},
    {'x', R"("\u0000")"},
    {'x', "\"\xff\""},
    {'x', "\"\x01\""},
    {'s', R"("0000-01-01T00:00:00Z")"},
    {'s', R"("99999-01-01T00:00:00Z")"},
    {'s', R"("2026-02-30T00:00:00Z")"},
};

} // namespace

CAF_TEST(every field refuses every value that is not of its kind) {
  auto x = serve_with_key();
  CAF_REQUIRE_EQUAL(x->client.post("/api/v1/tasks", task).number("id"), 1);
  for (auto& field : body_fields)
    for (auto& given : values) {
      auto body = std::string{"{"} + field.others + ",\"" + field.name
                  + "\":" + given.json + '}';
      auto got = x->client.send(field.method, field.path, body);
      auto good = std::string_view{field.good}.find(given.kind)
                  != std::string_view::npos;
      // A good value may meet a rule of another field.
      auto expected
          = good ? got.status < 500 && got.status != 0 : got.status == 422;
      if (!expected)
        CAF_ERROR(field.path << ' ' << body << " -> " << got.status << ' '
                             << got.body);
    }
  CAF_CHECK_EQUAL(x->client.get("/api/v1/auth/me").status, 200);
}

CAF_TEST(bodies that are no JSON objects are 422 and huge ones 413) {
  auto x = serve_with_key();
  std::string table[] = {
      "",
      "{",
      "[]",
      "1",
      "null",
      "\"text\"",
      "{}{}",
      "{\"a\":1,\"a\":2}",
      "{'a':1}",
      "{\"a\":1,}",
      "\xef\xbb\xbf{}",
      "\xff\xfe{\0}\0",
      std::string(200, '[') + std::string(200, ']'),
      std::string(1'000'000, '['),
      std::string(500'000, '{'),
      std::string("{\"a\":1}\0garbage", 15),
      R"({"skill_name":"x","schedule_cron":"0 9 * * *","skill_name":"y"})",
      R"({"skill_name":"x","schedule_cron":"0 9 * * *","params":{"a":1,"a":2}})",
      R"({"skill_name":"x","schedule_cron":"0 9 * * *","params":{"a":")"
          + std::string(65'536, 'a') + "\"}}",
  };
  for (auto& body : table) {
    auto got = x->client.post("/api/v1/tasks", body);
    if (got.status != 422)
      CAF_ERROR(body.substr(0, 60) << " -> " << got.status);
  }
  std::string whole = R"({"skill_name":"x","schedule_cron":"0 9 * * *",)"
                      R"("params":{"a":[1,"\u00e9",true,null]}})";
  for (size_t n = 0; n < whole.size(); ++n)
    if (auto got = x->client.post("/api/v1/tasks", whole.substr(0, n));
        got.status != 422)
      CAF_ERROR(whole.substr(0, n) << " -> " << got.status);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", whole).status, 201);
  auto wide = whole + std::string(1'048'576 - whole.size(), ' ');
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", wide).status, 201);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", wide + ' ').status, 413);
  CAF_CHECK_EQUAL(x->client.post("/api/v1/tasks", task).status, 201);
}

CAF_TEST(numbers in a path or query are bounded) {
  auto x = serve_with_key();
  const std::pair<const char*, int> table[] = {
      {"/api/v1/tasks/0", 404},
      {"/api/v1/tasks/-1", 404},
      {"/api/v1/tasks/2147483648", 404},
      {"/api/v1/tasks/9007199254740993", 404},
      {"/api/v1/tasks/9223372036854775808", 404},
      {"/api/v1/tasks/99999999999999999999999999", 404},
      {"/api/v1/tasks/1.0", 422},
      {"/api/v1/tasks/0x1", 422},
      {"/api/v1/tasks/1e3", 422},
      {"/api/v1/tasks/%00", 400},
      {"/api/v1/tasks/1;DROP%20TABLE%20users", 422},
      {"/api/v1/tasks/1%27%20OR%20%271%27=%271", 422},
      {"/api/v1/tasks?limit=0", 422},
      {"/api/v1/tasks?limit=101", 422},
      {"/api/v1/tasks?limit=9223372036854775808", 422},
      {"/api/v1/tasks?limit=", 422},
      {"/api/v1/tasks?limit=5%00", 400},
      {"/api/v1/tasks?offset=-1", 422},
      {"/api/v1/tasks?offset=99999999999999999999", 422},
      {"/api/v1/tasks?status=gone", 422},
      {"/api/v1/tasks?sort_by=id;--", 422},
      {"/api/v1/tasks?sort_order=up", 422},
      {"/api/v1/tasks?project_id=x", 422},
      {"/api/v1/tasks?skill_name=%27%20OR%201=1%20--", 200},
      {"/api/v1/tasks?%ff=1", 422},
      {"/api/v1/tasks/%2e%2e/auth/me", 400},
      {"/api/v1/../v1/auth/me", 400},
  };
  for (auto& [path, status] : table) {
    auto got = x->client.get(path).status;
    if (got != status)
      CAF_ERROR(path << " -> " << got << " instead of " << status);
  }
}

CAF_TEST(injected SQL is text and injected header lines go nowhere) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    const std::string table[] = {
        "'; DROP TABLE scheduled_tasks; --",
        "' OR '1'='1",
        "\\'; SELECT pg_sleep(10); --",
        "$1 :id ? %s {0} ${jndi:ldap://x}",
        "\r\nSet-Cookie: a=b\r\n\r\n<script>",
        "\xe2\x80\xae\xef\xbf\xbf \xf0\x9f\x98\x80",
        "x\\u0000y",
    };
    for (auto& text : table) {
      auto got = x.client.post("/api/v1/tasks",
                               R"({"skill_name":"x","schedule_cron":)"
                               R"("0 9 * * *","title":)"
                                   + json_quoted(text) + '}');
      CAF_CHECK_EQUAL(got.status, 201);
      CAF_CHECK_EQUAL(got.text("title"), text);
      auto again
          = x.client.get("/api/v1/tasks/" + std::to_string(got.number("id")));
      CAF_CHECK_EQUAL(again.text("title"), text);
      CAF_CHECK(again.fields["set-cookie"].empty());
    }
    x.client.extra = {"X-Request-ID: a%0d%0aX-Evil: 1", "User-Agent: ' OR 1=1",
                      "X-Forwarded-For: '; DROP TABLE users"};
    auto got = x.client.get("/api/v1/tasks/%0d%0aX-Evil:%201");
    CAF_CHECK(got.fields["x-evil"].empty());
    CAF_CHECK_EQUAL(x.client.log_in("ann").status, 200);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM scheduled_tasks"), 7);
  });
}

CAF_TEST(forged and misused tokens are 401 with the same words) {
  auto x = serve_with_key();
  auto now = std::chrono::duration_cast<std::chrono::seconds>(
                 std::chrono::system_clock::now().time_since_epoch())
                 .count();
  claims good;
  good.user_id = 2;
  good.username = "ann";
  good.iat = now;
  good.exp = now + 60;
  auto signed_with = [&](std::string_view secret, auto change) {
    auto copy = good;
    change(copy);
    return sign_jwt(signing_key{std::string{secret}}, copy);
  };
  auto whole = sign_jwt(signing_key{key}, good);
  x->client.token = whole;
  CAF_REQUIRE_EQUAL(x->client.get("/api/v1/auth/me").status, 200);
  auto payload
      = whole.substr(whole.find('.'), whole.rfind('.') - whole.find('.'));
  auto signed_under = [&](std::string_view head, std::string_view secret) {
    auto text = base64url(head) + payload;
    return text + '.' + base64url(hmac_sha256(secret, text));
  };
  auto refresh = x->client.log_in("ann").text("refresh_token");
  auto access = x->client.token;
  const std::string none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"; // alg none
  std::string table[] = {
      "x",
      "..",
      "...",
      none + payload + '.',
      none + payload + whole.substr(whole.rfind('.')),
      "eyJhbGciOiJIUzUxMiJ9" + payload + whole.substr(whole.rfind('.')),
      whole.substr(0, whole.size() - 1),
      whole + "A",
      whole + ".x",
      whole.substr(0, whole.rfind('.') + 1),
      // RFC 8725: keys of the sender's choice, and another kind of token.
      signed_under(R"({"alg":"HS256","kid":"../../../../dev/null"})", ""),
      signed_under(R"({"alg":"HS256","jku":"https://evil.example/k"})", "evil"),
      signed_under(R"({"alg":"HS256","x5u":"https://evil.example/c"})", "evil"),
      signed_under(R"({"alg":"HS256","jwk":{"kty":"oct","k":"ZXZpbA"}})",
                   "evil"),
      signed_under(R"({"alg":"RS256"})", key),
      signed_under(R"({"alg":"HS256","crit":["exp"]})", key),
      "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVy.dGFn",
      signed_with("another key of thirty-two bytes!", [](claims&) {}),
      signed_with("", [](claims&) {}),
      signed_with(key, [](claims& c) { c.exp = c.iat - 1; }),
      signed_with(key, [](claims& c) { c.type = token_type::refresh; }),
      signed_with(key, [](claims& c) { c.type = token_type::operator_; }),
      refresh,
      std::string(7000, 'A'),
      std::string(2000, '.'),
  };
  for (auto& token : table) {
    x->client.token = token;
    auto got = x->client.get("/api/v1/auth/me");
    CAF_CHECK_EQUAL(got.fields["www-authenticate"], "Bearer");
    if (got.status != 401 || got.detail() != "Invalid or expired token")
      CAF_ERROR(token.substr(0, 80)
                << " -> " << got.status << ' ' << got.detail());
  }
  x->client.token
      = signed_with(key, [](claims& c) { c.user_id = 99; }); // nobody
  CAF_CHECK_EQUAL(x->client.get("/api/v1/auth/me").detail(), "User not found");
  // What a body is when it is no object may be a secret: it is not echoed.
  for (auto& body : {'"' + access + '"', "[\"" + access + "\"]"}) {
    auto got = x->client.post("/api/v1/auth/refresh", body);
    CAF_CHECK_EQUAL(got.status, 422);
    CAF_CHECK(got.body.find(access) == std::string::npos);
  }
  // And where a refresh token belongs, no other is taken.
  for (auto& token : {access, whole, std::string{"x"}, table[3]}) {
    auto got = x->client.post("/api/v1/auth/refresh",
                              R"({"refresh_token":")" + token + "\"}");
    CAF_CHECK_EQUAL(got.status, 401);
    CAF_CHECK_EQUAL(got.detail(), "Invalid refresh token");
  }
}

CAF_TEST(a gigabyte of form data costs next to nothing) {
  auto x = serve_with_key();
  auto before = memory_of(x->server.pid()).second;
  const std::string head
      = "POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: "
        "multipart/form-data; boundary=x\r\n";
  for (int i = 0; i < 5; ++i) {
    raw_client announced{x->server.port()};
    announced.send(head
                   + "Content-Length: 1073741824\r\n\r\n--x\r\n"
                     "Content-Disposition: form-data; name=a\r\n\r\n");
    CAF_CHECK(announced.read_all(4s).starts_with("HTTP/1.1 413"));
    raw_client chunked{x->server.port()};
    chunked.send(head + "Transfer-Encoding: chunked\r\n\r\n");
    std::string block = "10000\r\n" + std::string(65'536, 'a') + "\r\n";
    for (int n = 0; n < 16'384 && chunked.send(block); ++n)
      ; // a gigabyte, unless the server hangs up
    CAF_CHECK(chunked.closed() || !chunked.send(block));
  }
  // The sanitizer keeps what was freed.
  auto most = is_sanitized(x->server.pid()) ? 40 * 1024 : 2 * 1024; // [KiB]
  auto grown = memory_of(x->server.pid()).second - before;
  CAF_MESSAGE("grown by " << grown << " KiB");
  CAF_CHECK(grown < most);
}

CAF_TEST(slow clients are gone after their time and harm nobody) {
  auto x = serve_sqlite({{"HEADER_TIMEOUT", "2"},
                         {"BODY_TIMEOUT", "2"},
                         {"WRITE_TIMEOUT", "2"},
                         {"KEEP_ALIVE_TIMEOUT", "2"}});
  x->client.sign_up("ann");
  std::string title(200, 't');
  for (int i = 0; i < 100; ++i)
    x->client.post("/api/v1/tasks", R"({"skill_name":"x","schedule_cron":)"
                                    R"("0 9 * * *","title":")"
                                        + title + "\"}");
  const std::string list = "GET /api/v1/tasks?limit=100 HTTP/1.1\r\nHost: a\r\n"
                           "Authorization: Bearer "
                           + x->client.token + "\r\n\r\n";
  std::string lists;
  for (int i = 0; i < 60; ++i) // 3 MB of answers that nobody reads
    lists += list;
  std::vector<std::unique_ptr<raw_client>> heads;
  std::vector<std::unique_ptr<raw_client>> bodies;
  std::vector<std::unique_ptr<raw_client>> readers;
  for (int i = 0; i < rounds(200, 5000); ++i) {
    heads.push_back(std::make_unique<raw_client>(x->server.port()));
    heads.back()->send("GET /api/v1/liveness HTTP/1.1\r\nHost:");
    bodies.push_back(std::make_unique<raw_client>(x->server.port()));
    bodies.back()->send("POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\n"
                        "Content-Length: 100\r\n\r\n{");
  }
  for (int i = 0; i < rounds(20, 5000); ++i) {
    readers.push_back(std::make_unique<raw_client>(x->server.port(), 2048));
    readers.back()->send_some(lists);
  }
  auto end = std::chrono::steady_clock::now() + rounds(20, 120) * 1s;
  auto open = [&] {
    return x->client.get("/api/v1/health/detailed").number("connections");
  };
  int64_t left = 0;
  while ((left = open()) > 1 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(50ms); // nothing tells when they are gone
  CAF_CHECK_EQUAL(left, 1);
  for (auto& c : heads)
    CAF_CHECK(c->read_all(1s).starts_with("HTTP/1.1 408"));
  for (auto& c : bodies)
    CAF_CHECK(c->read_all(1s).starts_with("HTTP/1.1 408"));
}
