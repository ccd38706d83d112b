#define CAF_SUITE ws_examples
#include "tests/support/served.hpp"
#include "tests/support/until.hpp"

#include <arpa/inet.h>
#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

std::filesystem::path source() { return std::getenv("CALLBOARD_SOURCE"); }

std::string content(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The block of docs/realtime.md that begins with `begin`.
std::string block(const std::string& begin) {
  auto text = content(source() / "docs/realtime.md");
  auto at = text.find(begin);
  auto end = text.find("```", at + begin.size());
  if (at == text.npos || end == text.npos)
    throw std::runtime_error{"docs/realtime.md has no block " + begin};
  auto first = begin.find('\n') + 1;
  return text.substr(at + first, end - at - first);
}

std::string replaced(std::string text, const std::string& what,
                     const std::string& by) {
  for (auto at = text.find(what); at != text.npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// A port that nobody has at the moment.
uint16_t free_port() {
  auto fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  bind(fd, reinterpret_cast<sockaddr*>(&at), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(fd);
  return ntohs(at.sin_port);
}

/// Node with a program, until it goes out of scope.
class node {
public:
  node(std::filesystem::path log, std::vector<std::string> arguments)
      : log_(std::move(log)) {
    arguments.insert(arguments.begin(), {"/usr/bin/env", "node"});
    std::vector<char*> argv;
    for (auto& x : arguments)
      argv.push_back(x.data());
    argv.push_back(nullptr);
    int ends[2];
    if (pipe(ends) != 0)
      throw std::runtime_error{"no pipe"};
    pid_ = fork();
    if (pid_ == 0) {
      auto out = std::freopen(log_.c_str(), "w", stdout);
      if (out == nullptr || dup2(1, 2) < 0 || dup2(ends[0], 0) < 0)
        _exit(126);
      ::close(ends[1]);
      execv(argv[0], argv.data());
      _exit(127);
    }
    ::close(ends[0]);
    input_ = ends[1];
  }

  ~node() {
    ::close(input_);
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Waits until it printed this behind what was waited for before.
  void prints(const std::string& text) {
    auto there = eventually([&] {
      auto at = content(log_).find(text, seen_);
      if (at != std::string::npos)
        seen_ = at + text.size();
      return at != std::string::npos;
    });
    if (!there)
      CAF_FAIL("did not print " << text << " but " << content(log_));
  }

  std::string output() const { return content(log_); }

private:
  std::filesystem::path log_;
  size_t seen_ = 0;
  pid_t pid_ = -1;
  int input_ = -1;
};

/// A task of ann's; its path.
std::string make_task(api& client) {
  auto made = client.post("/api/v1/tasks",
                          R"({"skill_name":"x","schedule_cron":"0 9 * * 1"})");
  CAF_REQUIRE_EQUAL(made.status, 201);
  return "/api/v1/tasks/" + std::to_string(made.number("id"));
}

void set(api& client, const std::string& task, const char* status) {
  CAF_CHECK_EQUAL(
      client.put(task, std::string{R"({"status":")"} + status + "\"}").status,
      200);
}

std::string event_of(const char* status) {
  return std::string{R"("status":")"} + status + '"';
}

} // namespace

CAF_TEST(the example for Node follows a board through a restart) {
  auto port = free_port();
  auto x = serve_sqlite({{"PORT", std::to_string(port)}});
  x->client.sign_up("ann");
  auto task = make_task(x->client);
  auto folder = x->folder.path() / "example";
  std::filesystem::create_directory(folder);
  std::filesystem::create_directory_symlink(
      source() / "tests/node/node_modules", folder / "node_modules");
  std::ofstream{folder / "follow.mjs"} << block("```js\n// follow.mjs");
  node program{folder / "printed",
               {(folder / "follow.mjs").string(),
                "ws://127.0.0.1:" + std::to_string(port), x->client.token}};
  program.prints("connected false");
  set(x->client, task, "running");
  program.prints(event_of("running"));
  x->server.signal(SIGTERM);
  x->server.wait(40s);
  server_process again{x->options()};
  api client{port};
  client.token = x->client.token;
  set(client, task, "completed"); // whether it is back or not
  program.prints("connected true");
  program.prints(event_of("completed"));
  set(client, task, "failed");
  program.prints(event_of("failed"));
  auto text = program.output(); // each of them once
  for (auto status : {"running", "completed", "failed"})
    CAF_CHECK_EQUAL(text.find(event_of(status)), text.rfind(event_of(status)));
}

CAF_TEST(the example for browsers shows a board and follows it) {
  auto port = free_port();
  auto site = free_port();
  auto origin = "http://localhost:" + std::to_string(site);
  auto x = serve_sqlite(
      {{"PORT", std::to_string(port)}, {"CORS_ORIGINS", origin}});
  x->client.sign_up("ann");
  auto task = make_task(x->client);
  auto id = task.substr(task.rfind('/') + 1);
  auto folder = x->folder.path() / "example";
  std::filesystem::create_directory(folder);
  std::ofstream{folder / "board.html"} << block("```html\n<!doctype html>");
  std::ofstream{folder / "board.js"}
      << replaced(block("```js\n// board.js"), "localhost:8000",
                  "127.0.0.1:" + std::to_string(port));
  node browser{folder / "printed",
               {source() / "tests/browser/example_page.mjs", folder.string(),
                std::to_string(site)}};
  auto shows = [&](const std::string& state, const std::string& status) {
    browser.prints(R"({"state":")" + state + R"(","rows":[")" + id + ' '
                   + status + "\"]}");
  };
  shows("live", "pending");
  set(x->client, task, "running");
  shows("live", "running");
  x->server.signal(SIGTERM);
  shows("away", "running");
  x->server.wait(40s);
  server_process again{x->options()};
  api client{port};
  client.token = x->client.token;
  set(client, task, "completed");
  shows("live", "completed");
  CAF_CHECK(browser.output().find("error") == std::string::npos);
}
