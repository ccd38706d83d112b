#define CAF_SUITE ws_scope
#include "tests/support/synced.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <map>

using namespace callboard;
using namespace callboard::test;

namespace {

constexpr auto secret = "the launch code is 4711";

/// Two users, an admin and one whom nobody knows, each with a socket.
struct people {
  explicit people(served& x) : server(x) {
    x.client.sign_up("ann");
    ann = x.client.token;
    x.client.sign_up("bob");
    bob = x.client.token;
    x.log_in_admin();
    admin = x.client.token;
    auto port = x.server.port();
    sockets["ann"] = subscriber(port, ann);
    sockets["bob"] = subscriber(port, bob);
    sockets["admin"] = subscriber(port, admin);
    sockets["nobody"] = std::make_unique<ws_client>(port);
    sockets["nobody"]->expect("ack");
  }

  answer as(const std::string& token, std::string_view method,
            const std::string& path, const std::string& body = "") {
    server.client.token = token;
    auto got = server.client.send(method, path, body);
    if (got.status >= 300)
      CAF_FAIL(method << ' ' << path << ": " << got.body);
    return got;
  }

  std::string make(const std::string& token, const std::string& path,
                   const std::string& body) {
    return std::to_string(as(token, "POST", path, body).number("id"));
  }

  /// Everything that each heard by now, for the last thing is for everyone.
  std::map<std::string, std::vector<ws_message>> heard() {
    make(admin, "/api/v1/agents", R"({"name":"last","type":"coder"})");
    auto last = server.count("SELECT max(position) FROM events");
    std::map<std::string, std::vector<ws_message>> out;
    for (auto& [name, socket] : sockets)
      out[name] = socket->events_to(last);
    return out;
  }

  served& server;
  std::string ann;
  std::string bob;
  std::string admin;
  std::map<std::string, std::unique_ptr<ws_client>> sockets;
};

/// The types that somebody heard, in order, of the channels of tasks.
std::string types(const std::vector<ws_message>& all, bool of_agents) {
  std::string out;
  for (auto& x : all)
    if (x.type().starts_with("agent") == of_agents)
      out += (out.empty() ? "" : " ") + x.type();
  return out;
}

bool tell(const std::vector<ws_message>& all, std::string_view text) {
  for (auto& x : all)
    if (x.text.find(text) != std::string::npos)
      return true;
  return false;
}

const settings_map open_to_all{{"WS_ALLOW_ANONYMOUS", "true"}};

} // namespace

CAF_TEST(D24 what is of one user reaches that user and admins alone) {
  for_each_database(
      [](served& x) {
        people all{x};
        auto project = all.make(all.ann, "/api/v1/projects", R"({"name":"p"})");
        auto id = all.make(all.ann, "/api/v1/tasks",
                           R"({"skill_name":"anns","schedule_cron":)"
                           R"("0 9 * * 1","project_id":)"
                               + project + "}");
        auto path = "/api/v1/tasks/" + id;
        all.as(all.ann, "PUT", path, R"({"status":"running"})");
        all.as(all.ann, "PATCH", path, R"({"status":"completed"})");
        all.as(all.ann, "PUT", path, R"({"schedule_cron":"0 10 * * 1"})");
        all.as(all.ann, "DELETE", "/api/v1/projects/" + project);
        auto own = all.make(all.ann, "/api/v1/tasks",
                            R"({"skill_name":"anns","schedule_cron":)"
                            R"("0 9 * * 1"})");
        all.as(all.ann, "POST", "/api/v1/tasks/" + own + "/run", "{}");
        all.as(all.ann, "DELETE", "/api/v1/tasks/" + own);
        auto heard = all.heard();
        auto hers = types(heard["ann"], false);
        CAF_CHECK(hers.find("calendar_event_created task_status_update "
                            "task_status_update calendar_event_created")
                  == 0);
        CAF_CHECK_EQUAL(types(heard["admin"], false), hers);
        CAF_CHECK_EQUAL(types(heard["bob"], false), "");
        CAF_CHECK_EQUAL(types(heard["nobody"], false), "");
        CAF_CHECK(!tell(heard["bob"], "anns"));
      },
      open_to_all);
}

CAF_TEST(agents are for everyone but what they said is not) {
  for_each_database(
      [](served& x) {
        people all{x};
        auto agent = all.make(all.ann, "/api/v1/agents",
                              R"({"name":"a","type":"coder"})");
        all.as(all.ann, "PATCH", "/api/v1/agents/" + agent + "/status",
               R"({"status":"busy"})");
        auto task = all.make(all.ann, "/api/v1/tasks",
                             R"({"skill_name":"anns","schedule_cron":)"
                             R"("0 9 * * 1"})");
        all.as(all.ann, "POST", "/api/v1/agents/activity",
               "{\"agent_id\":" + agent + ",\"task_id\":" + task
                   + R"(,"status":"failed","output":")" + secret
                   + R"(","error":")" + secret + "\"}");
        auto heard = all.heard();
        auto expected = types(heard["admin"], true);
        for (auto part : {"agent_spawned", "agent_status_update",
                          "agent_activity_update", "agent_activity "})
          CAF_CHECK(expected.find(part) != std::string::npos);
        for (auto& [name, got] : heard) {
          CAF_CHECK_EQUAL(types(got, true), expected);
          auto may_know = name == "ann" || name == "admin";
          CAF_CHECK_EQUAL(tell(got, secret), may_know);
          for (auto& one : got)
            if (one.type() == "agent_activity_update" && !may_know) {
              CAF_CHECK_EQUAL(one.member("data.output"), "null");
              CAF_CHECK_EQUAL(one.member("data.error"), "null");
              CAF_CHECK_EQUAL(one.number("data.agent_id"), std::stoll(agent));
            }
        }
      },
      open_to_all);
}

CAF_TEST(many connections of one user get every message once) {
  auto x = serve_sqlite(open_to_all);
  people all{*x};
  auto second = subscriber(x->server.port(), all.ann);
  auto id = all.make(all.ann, "/api/v1/tasks",
                     R"({"skill_name":"x","schedule_cron":"0 9 * * 1"})");
  second->expect("calendar_event_created");
  second->drop(); // the first is not silenced by it
  all.as(all.ann, "PUT", "/api/v1/tasks/" + id, R"({"status":"running"})");
  auto heard = all.heard();
  CAF_CHECK_EQUAL(types(heard["ann"], false),
                  "calendar_event_created task_status_update");
}

CAF_TEST(sync is for admins) {
  auto x = serve_sqlite(sync_on(open_to_all));
  people all{*x};
  auto port = x->server.port();
  auto sync = with_token(all.admin);
  sync.path = "/ws/sync";
  ws_client admin{port, sync};
  auto first = admin.next();
  CAF_CHECK_EQUAL(first.member("event"), "connection_established");
  CAF_CHECK_EQUAL(first.member("message"), "Connected to sync event stream");
  admin.send_text("ping");
  CAF_CHECK_EQUAL(admin.next().member("event"), "pong");
  for (auto& token : {all.ann, std::string{}}) {
    auto asked = with_token(token);
    asked.path = "/ws/sync";
    ws_client other{port, asked};
    CAF_CHECK(!other.is_open() || other.end().code == 1008);
  }
  edit(schedule_of(*x), "no schedule");
  CAF_CHECK_EQUAL(admin.next().member("event"), "sync_status_changed");
  auto heard = all.heard();
  CAF_CHECK(tell(heard["admin"], "\"type\":\"sync_status_changed\""));
  for (auto name : {"ann", "bob", "nobody"})
    CAF_CHECK(!tell(heard[name], "\"type\":\"sync_"));
}
