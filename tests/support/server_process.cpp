#include "tests/support/server_process.hpp"

#include "protocols/json.hpp"

#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace callboard::test {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// A debug build with sanitizers on a busy machine takes its time.
constexpr auto start_limit = 60s;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& x : texts)
    out.push_back(x.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment(const server_options& options) {
  std::map<std::string, std::string> all{
      {"HOST", "127.0.0.1"},     {"PORT", "0"},
      {"PASSWORD_COST", "4"},    {"DATA_DIR", options.data.string()},
      {"PATH", "/usr/bin:/bin"},
  };
  for (auto name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE"})
    if (auto* value = std::getenv(name))
      all[name] = value;
  for (auto& [name, value] : options.env)
    all[name] = value;
  std::vector<std::string> out;
  for (auto& [name, value] : all)
    out.push_back(name + '=' + value);
  return out;
}

[[noreturn]] void run(const std::filesystem::path& folder, int out,
                      char* const* argv, char* const* env) {
  dup2(out, 1);
  dup2(out, 2);
  if (chdir(folder.c_str()) == 0)
    execve(argv[0], argv, env);
  _exit(127);
}

} // namespace

server_process::server_process(server_options options) {
  std::filesystem::create_directories(options.data);
  log_ = options.log.empty() ? options.data / "output.log" : options.log;
  auto* binary = std::getenv("CALLBOARD_BINARY");
  if (binary == nullptr)
    throw std::runtime_error{"CALLBOARD_BINARY is not set"};
  std::vector<std::string> arguments{binary};
  arguments.insert(arguments.end(), options.arguments.begin(),
                   options.arguments.end());
  auto env = environment(options);
  auto argv = pointers(arguments);
  auto envp = pointers(env);
  auto out = open(log_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  pid_ = fork();
  if (pid_ == 0)
    run(options.data, out, argv.data(), envp.data());
  close(out);
  if (options.wait_for_port)
    wait_for_port();
}

server_process::~server_process() {
  if (std::getenv("CALLBOARD_COVERAGE") != nullptr) { // written at the exit
    signal(SIGTERM);
    wait(10s);
  }
  if (!status_) {
    signal(SIGKILL);
    wait(10s);
  }
}

void server_process::signal(int number) const {
  if (!status_)
    ::kill(pid_, number);
}

std::optional<int> server_process::wait(std::chrono::milliseconds limit) {
  for (auto end = clock::now() + limit; !status_;) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_)
      status_
          = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    else if (clock::now() > end)
      break;
    else
      std::this_thread::sleep_for(5ms); // nothing tells of a child's end
  }
  return status_;
}

std::string server_process::output() const {
  std::ifstream in{log_};
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The program logs a line `listening` with its port.
void server_process::wait_for_port() {
  for (auto end = clock::now() + start_limit; clock::now() < end;) {
    std::istringstream lines{output()};
    for (std::string line; std::getline(lines, line);) {
      json_document entry;
      json_problem why;
      if (parse_json(line, entry, why) && entry.IsObject()
          && entry.HasMember("message") && entry["message"] == "listening") {
        port_ = static_cast<uint16_t>(entry["port"].GetInt64());
        return;
      }
    }
    if (wait(10ms))
      break;
  }
  throw std::runtime_error{"the server did not start: " + output()};
}

} // namespace callboard::test
