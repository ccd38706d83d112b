#define CAF_SUITE audit
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

/// `operation table record` of each entry.
std::string entries(const answer& x) {
  std::string out;
  auto document = x.json();
  if (!document.IsObject() || !document.HasMember("entries"))
    return "no list: " + x.body;
  for (auto& row : document["entries"].GetArray())
    out += std::string{row["operation"].GetString()} + ' '
           + row["table_name"].GetString() + ' ' + canonical(row["record_id"])
           + '\n';
  return out;
}

} // namespace

CAF_TEST(an admin reads who changed what and when newest first) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    x.client.extra = {"User-Agent: test/1"};
    auto made = x.client.post("/api/v1/projects", R"({"name":"P"})");
    auto id = std::to_string(made.number("id"));
    auto put = x.client.put("/api/v1/projects/" + id, R"({"name":"Q"})");
    x.client.del("/api/v1/projects/" + id);
    x.log_in_admin();
    auto all
        = x.client.get("/api/v1/audit?table_name=projects&record_id=" + id);
    CAF_CHECK_EQUAL(all.status, 200);
    CAF_CHECK_EQUAL(entries(all), "UPDATE projects " + id + "\nUPDATE projects "
                                      + id + "\nCREATE projects " + id + '\n');
    CAF_CHECK_EQUAL(all.number("total"), 3);
    auto document = all.json();
    auto& renamed = document["entries"][1];
    CAF_CHECK_EQUAL(canonical(renamed["changed_fields"]),
                    R"({"name":{"new":"Q","old":"P"}})");
    CAF_CHECK_EQUAL(std::string{renamed["user_id"].GetString()}, "2");
    CAF_CHECK_EQUAL(std::string{renamed["user_agent"].GetString()}, "test/1");
    CAF_CHECK_EQUAL(std::string{renamed["ip_address"].GetString()},
                    "127.0.0.1");
    CAF_CHECK_EQUAL(std::string{renamed["request_id"].GetString()},
                    put.fields["x-request-id"]);
    CAF_CHECK_EQUAL(std::string{renamed["timestamp"].GetString()},
                    put.text("updated_at"));
    CAF_CHECK(document["entries"][2]["changed_fields"].IsNull());
  });
}

CAF_TEST(the log is filtered counted and paged) {
  for_each_database([](served& x) {
    x.client.sign_up("ann");
    for (auto name : {"a", "b", "c"})
      x.client.post("/api/v1/projects",
                    std::string{"{\"name\":\""} + name + "\"}");
    x.log_in_admin();
    x.client.post("/api/v1/projects", R"({"name":"d"})");
    auto ask = [&](const std::string& query) {
      return x.client.get("/api/v1/audit?table_name=projects&" + query);
    };
    CAF_CHECK_EQUAL(ask("user_id=2").number("total"), 3);
    CAF_CHECK_EQUAL(ask("user_id=1").number("total"), 1);
    CAF_CHECK_EQUAL(ask("user_id=%25").number("total"), 0);
    auto page = ask("limit=1&offset=1");
    CAF_CHECK_EQUAL(entries(page), "CREATE projects 3\n");
    CAF_CHECK_EQUAL(page.number("total"), 4);
    CAF_CHECK_EQUAL(ask("offset=9").number("total"), 4);
    CAF_CHECK_EQUAL(ask("offset=9").text("entries"), "[]");
    for (auto bad : {"limit=0", "limit=1001", "limit=x", "offset=-1",
                     "record_id=0", "record_id=x"})
      CAF_CHECK_EQUAL(ask(bad).status, 422);
    // A secret is not in it, though its change is.
    auto users = x.client.get("/api/v1/audit?table_name=users");
    CAF_CHECK(users.number("total") >= 2);
    CAF_CHECK(users.body.find("$2") == std::string::npos);
  });
}

CAF_TEST(the log is for admins) {
  auto x = serve_sqlite();
  CAF_CHECK_EQUAL(x->client.get("/api/v1/audit").status, 401);
  x->client.sign_up("ann");
  auto refused = x->client.get("/api/v1/audit?limit=x");
  CAF_CHECK_EQUAL(refused.status, 403);
  CAF_CHECK_EQUAL(refused.detail(), "Admin privileges required");
  CAF_CHECK_EQUAL(x->client.send("DELETE", "/api/v1/audit").status, 405);
}
