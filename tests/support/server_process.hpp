// The real program as a child process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace callboard::test {

struct server_options {
  std::filesystem::path data; ///< DATA_DIR; also holds the output
  std::map<std::string, std::string> env = {};
  std::vector<std::string> arguments = {"serve"};
  bool wait_for_port = true;      ///< false: do not wait until it listens
  std::filesystem::path log = {}; ///< of both outputs; else in the data folder
};

/// Starts `$CALLBOARD_BINARY` on a free port of 127.0.0.1, with cheap password
/// hashes, and no other setting of this process' environment. Killed by the
/// destructor.
class server_process {
public:
  explicit server_process(server_options options);
  ~server_process();
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }
  void signal(int number) const;

  /// The exit status once it ended (128 + n for signal n), or nothing.
  std::optional<int> wait(std::chrono::milliseconds limit);

  /// Standard output and standard error so far.
  std::string output() const;

private:
  void wait_for_port();

  std::filesystem::path log_;
  pid_t pid_ = -1;
  uint16_t port_ = 0;
  std::optional<int> status_;
};

} // namespace callboard::test
