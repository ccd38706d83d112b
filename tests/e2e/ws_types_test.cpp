#define CAF_SUITE ws_types
#include "tests/support/synced.hpp"
#include "tests/support/until.hpp"
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

using namespace callboard;
using namespace callboard::test;

namespace {

using names = std::set<std::string>;

/// Who may hear of a type, beside admins.
enum class reach : uint8_t {
  everyone, ///< without what was said
  redacted, ///< as well, and what was said reaches its owner
  owner,
  admins,
  nobody, ///< admins neither
};

/// Every type of event that there is.
const std::map<std::string, reach> types{
    {"access_revoked", reach::nobody},
    {"account_erased", reach::nobody},
    {"agent_activity", reach::redacted},
    {"agent_activity_update", reach::redacted},
    {"agent_error", reach::redacted},
    {"agent_spawned", reach::everyone},
    {"agent_status_update", reach::everyone},
    {"calendar_event_created", reach::owner},
    {"presence_joined", reach::admins},
    {"presence_left", reach::admins},
    {"schedule_config_updated", reach::admins},
    {"sync_conflict_detected", reach::admins},
    {"sync_conflict_resolved", reach::admins},
    {"sync_status_changed", reach::admins},
    {"task_status_update", reach::owner},
};

std::string content(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The types that the sources know: functions that make an event, and texts
/// that are given as its type.
names declared() {
  names out;
  auto find = [&out](const std::string& text, const char* what) {
    std::regex form{what};
    for (std::sregex_iterator i{text.begin(), text.end(), form}, end; i != end;
         ++i)
      out.insert((*i)[1]);
  };
  std::filesystem::path source = std::getenv("CALLBOARD_SOURCE");
  for (auto folder : {"protocols", "actors", "storage"})
    for (auto& x : std::filesystem::directory_iterator{source / folder}) {
      if (!x.is_regular_file())
        continue;
      auto text = content(x.path());
      if (x.path().extension() == ".hpp")
        find(text, R"(\n(?:event|events|std::optional<event>) (\w+)\()");
      else
        find(text, R"x(\b(?:about_sync|about)\((?:row, |who, )?"(\w+)")x");
      find(text, R"(\.type\s*=\s*"(\w+)\")");
      find(text, R"([?:] "(presence_\w+)\")");
    }
  return out;
}

/// Ann, bob and an admin, each with a socket. Whatever ann says contains
/// `anns`, whatever bob says contains `bobs`.
struct people {
  explicit people(served& x) : server(x) {
    x.client.sign_up("ann");
    tokens["ann"] = x.client.token;
    x.client.sign_up("bob");
    tokens["bob"] = x.client.token;
    x.log_in_admin();
    tokens["admin"] = x.client.token;
    for (auto name : {"admin", "ann", "bob"})
      sockets[name] = subscriber(x.server.port(), tokens[name]);
  }

  answer as(const std::string& who, std::string_view method,
            const std::string& path, const std::string& body = "") {
    server.client.token = tokens[who];
    auto got = server.client.send(method, path, body);
    if (got.status >= 300)
      CAF_FAIL(who << ' ' << method << ' ' << path << ": " << got.body);
    return got;
  }

  std::string make(const std::string& who, const std::string& path,
                   const std::string& body) {
    return std::to_string(as(who, "POST", path, body).number("id"));
  }

  /// All of what a user can make happen.
  void act(const std::string& who) {
    auto task = make(who, "/api/v1/tasks",
                     R"({"skill_name":")" + who
                         + R"(s","schedule_cron":"0 9 * * 1"})");
    as(who, "PUT", "/api/v1/tasks/" + task, R"({"status":"disabled"})");
    auto agent = make(who, "/api/v1/agents",
                      R"({"name":"a)" + task + R"(","type":"coder"})");
    as(who, "PATCH", "/api/v1/agents/" + agent + "/status",
       R"({"status":"busy"})");
    as(who, "POST", "/api/v1/agents/activity",
       "{\"agent_id\":" + agent + ",\"task_id\":" + task
           + R"(,"status":"failed","output":")" + who + R"(s","error":")" + who
           + "s\"}");
  }

  /// A conflict between the file and a task of ann's, and its end.
  void dispute() {
    auto task = make("ann", "/api/v1/tasks",
                     R"({"skill_name":"anns","schedule_cron":"0 9 * * 1"})");
    auto file = schedule_of(server);
    auto exported = [&] {
      return find_entry(entries_of(file), std::stoll(task)) != nullptr;
    };
    CAF_REQUIRE(eventually(exported));
    edit(file, "tasks:\n" + task_line(9000)); // a new one
    CAF_REQUIRE(eventually([&] {
      return server.count("SELECT count(*) FROM scheduled_tasks WHERE id = "
                          "9000")
             > 0;
    }));
    as("ann", "PUT", "/api/v1/tasks/" + task, R"({"status":"disabled"})");
    CAF_REQUIRE(eventually(exported));
    edit(file, "tasks:\n"
                   + task_line(std::stoll(task),
                               ", updated_at: 2020-01-01T00:00:00Z"));
    server.log_in_admin();
    CAF_CHECK_EQUAL(trigger(server, "bidirectional").status, 409);
    auto found = server.client.get("/api/sync/conflicts").json();
    for (auto& x : found.GetArray())
      CAF_CHECK_EQUAL(
          resolve(server, x["conflict_id"].GetString(), "keep_db").status, 200);
    CAF_CHECK_EQUAL(trigger(server, "bidirectional", true).status, 200);
  }

  /// A user comes, loses its rights, and is gone for ever.
  void leave() {
    server.client.sign_up("eve");
    auto id = server.client.get("/api/v1/auth/me").text("id");
    tokens["eve"] = server.client.token;
    auto socket = subscriber(server.server.port(), tokens["eve"]);
    CAF_CHECK(eventually([&] { return events("presence_joined") == 4; }));
    as("eve", "DELETE", "/api/v1/auth/sessions");
    socket->end();
    as("admin", "DELETE", "/api/v1/admin/users/" + id);
    CAF_CHECK(eventually([&] { return events("presence_left") == 1; }));
  }

  int64_t events(const std::string& type) const {
    return server.count("SELECT count(*) FROM events WHERE type = '" + type
                        + '\'');
  }

  /// All that each heard, by type, for the last thing is for everyone.
  std::map<std::string, std::map<std::string, std::string>> heard() {
    make("admin", "/api/v1/agents", R"({"name":"last","type":"coder"})");
    auto last = server.count("SELECT max(position) FROM events WHERE type = "
                             "'agent_spawned'");
    std::map<std::string, std::map<std::string, std::string>> out;
    for (auto& [name, socket] : sockets)
      for (auto& x : socket->events_to(last))
        out[name][x.type()] += x.text + '\n';
    return out;
  }

  served& server;
  std::map<std::string, std::string> tokens;
  std::map<std::string, std::unique_ptr<ws_client>> sockets;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(the list of types is whole) {
  names listed;
  for (auto& [name, who] : types)
    listed.insert(name);
  CAF_CHECK_EQUAL(declared(), listed);
}

CAF_TEST(of no type does anything of one user reach another one) {
  for_each_database(
      [](served& x) {
        people all{x};
        all.act("ann");
        all.act("bob");
        all.dispute();
        all.leave();
        auto heard = all.heard();
        for (auto& [type, who] : types) {
          CAF_MESSAGE(type);
          auto& admin = heard["admin"][type];
          CAF_CHECK_EQUAL(!admin.empty(), who != reach::nobody);
          for (auto [one, other] : {std::pair{"ann", "bob"}, {"bob", "ann"}}) {
            auto& own = heard[one][type];
            CAF_CHECK(!has(own, std::string{other} + 's'));
            auto of_own = who == reach::owner || who == reach::redacted;
            CAF_CHECK_EQUAL(has(own, std::string{one} + 's'), of_own);
            if (of_own)
              CAF_CHECK(has(admin, std::string{one} + 's'));
            CAF_CHECK_EQUAL(own.empty(),
                            who == reach::admins || who == reach::nobody);
          }
        }
      },
      sync_on());
}
