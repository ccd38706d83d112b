#define CAF_SUITE start
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <csignal>
#include <fstream>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// Runs the program to its end: exit status and output.
std::pair<int, std::string> run(std::vector<std::string> arguments,
                                settings_map env = {}) {
  temporary_folder folder;
  server_process x{{folder.path() / "data", env, std::move(arguments), false}};
  auto status = x.wait(60s);
  return {status.value_or(-1), x.output()};
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(all invalid settings are told at once with exit code 2) {
  auto [status, text] = run({"serve"}, {{"PORT", "99999"},
                                        {"WORKERS", "x"},
                                        {"RATE_LIMIT_ENABLED", "maybe"},
                                        {"LOG_LEVEL", "LOUD"}});
  CAF_CHECK_EQUAL(status, 2);
  for (auto name : {"PORT", "WORKERS", "RATE_LIMIT_ENABLED", "LOG_LEVEL"})
    CAF_CHECK(has(text, name));
}

CAF_TEST(production refuses a weak key plain HTTP and an unverified database) {
  auto [status, text]
      = run({"serve"}, {{"ENVIRONMENT", "production"},
                        {"HOST", "0.0.0.0"},
                        {"PASSWORD_COST", "4"},
                        {"JWT_SECRET_KEY", "short"},
                        {"DATABASE_URL", "postgresql://a:secret9@db/x"}});
  CAF_CHECK_EQUAL(status, 2);
  for (auto name : {"JWT_SECRET_KEY", "PASSWORD_COST", "DATABASE_URL", "HOST"})
    CAF_CHECK(has(text, name));
  CAF_CHECK(!has(text, "short"));
  CAF_CHECK(!has(text, "secret9"));
}

CAF_TEST(the effective settings are shown without secrets) {
  auto [status, text]
      = run({"config"}, {{"JWT_SECRET_KEY", "do-not-show-me-0123456789abcdef"},
                         {"PORT", "8080"}});
  CAF_CHECK_EQUAL(status, 0);
  CAF_CHECK(has(text, "8080"));
  CAF_CHECK(has(text, "(set)"));
  CAF_CHECK(!has(text, "do-not-show"));
}

CAF_TEST(help and version need nothing and a wrong word is a mistake) {
  CAF_CHECK_EQUAL(run({"--help"}).first, 0);
  CAF_CHECK(has(run({"--version"}).second, "1.0.0"));
  CAF_CHECK(has(run({"serve", "--help"}).second, "--port"));
  CAF_CHECK_EQUAL(run({"dance"}).first, 2);
  CAF_CHECK_EQUAL(run({}).first, 2);
}

CAF_TEST(a taken port ends the start with a sentence) {
  auto x = serve_sqlite();
  auto [status, text]
      = run({"serve"}, {{"PORT", std::to_string(x->server.port())}});
  CAF_CHECK_EQUAL(status, 1);
  CAF_CHECK(has(text, "cannot listen on 127.0.0.1"));
}

CAF_TEST(a second process on one SQLite file is refused and told who has it) {
  auto x = serve_sqlite();
  auto options = x->options();
  options.data = x->folder.path() / "second";
  options.env["DATA_DIR"] = (x->folder.path() / "data").string();
  options.wait_for_port = false;
  server_process second{options};
  CAF_CHECK_EQUAL(second.wait(60s).value_or(-1), 1);
  CAF_CHECK(has(second.output(), std::to_string(x->server.pid()).c_str()));
  CAF_CHECK_EQUAL(x->client.get("/health").status, 200);
}

CAF_TEST(an admin is made on the command line and may look at the tree) {
  temporary_folder folder;
  std::ofstream{folder.path() / "password"} << "Adm1nPassw0rd\n";
  settings_map env{{"DATA_DIR", (folder.path() / "data").string()}};
  auto create = [&](const char* name) {
    server_process x{{folder.path() / "cli",
                      env,
                      {"admin", "create", "--username", name, "--email",
                       std::string{name} + "@example.com", "--password-file",
                       (folder.path() / "password").string()},
                      false}};
    return std::pair{x.wait(60s).value_or(-1), x.output()};
  };
  CAF_CHECK_EQUAL(create("root").first, 0);
  auto again = create("root");
  CAF_CHECK_EQUAL(again.first, 1);
  CAF_CHECK(has(again.second, "Username already registered"));
  CAF_CHECK(has(create("a b").second, "username"));
  server_process server{{folder.path() / "data", env}};
  api client{server.port()};
  CAF_CHECK_EQUAL(client.log_in("root", "Adm1nPassw0rd")
                          .text("user")
                          .find("\"role\":\"admin\"")
                      != std::string::npos,
                  true);
  auto url = "http://127.0.0.1:" + std::to_string(server.port());
  server_process tree{
      {folder.path() / "cli", env, {"tree", "--url", url}, false}};
  CAF_CHECK_EQUAL(tree.wait(60s).value_or(-1), 0);
  CAF_CHECK(has(tree.output(), "task_repository"));
}

CAF_TEST(the bootstrap admin is made once) {
  for_each_database([](served& x) {
    x.server.signal(SIGTERM);
    CAF_CHECK_EQUAL(x.server.wait(60s).value_or(-1), 0);
    server_process again{x.options()};
    api client{again.port()};
    CAF_CHECK_EQUAL(client.log_in("admin", "Adm1nPassw0rd").status, 200);
    CAF_CHECK_EQUAL(x.count("SELECT count(*) FROM users"), 1);
  });
}

CAF_TEST(a made key survives the restart and nobody else may read it) {
  auto x = serve_sqlite();
  x->client.sign_up("ann");
  auto token = x->client.token;
  auto file = x->folder.path() / "data" / "jwt.key";
  CAF_CHECK((std::filesystem::status(file).permissions()
             & std::filesystem::perms{0077})
            == std::filesystem::perms::none);
  x->server.signal(SIGTERM);
  CAF_CHECK_EQUAL(x->server.wait(60s).value_or(-1), 0);
  server_process again{x->options()};
  api client{again.port()};
  client.token = token;
  CAF_CHECK_EQUAL(client.get("/api/v1/auth/me").status, 200);
}

CAF_TEST(the sharing scheduler serves the same) {
  auto x = serve_sqlite({{"SCHEDULER", "sharing"}});
  x->client.sign_up("ann");
  CAF_CHECK_EQUAL(x->client.get("/api/v1/tasks").status, 200);
}
