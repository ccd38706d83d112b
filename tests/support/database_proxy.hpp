// A network between the program and PostgreSQL that can fail.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace callboard::test {

/// Forwards TCP connections of 127.0.0.1 to a Unix socket, on a thread of its
/// own.
class database_proxy {
public:
  /// `socket`: the path that PostgreSQL listens on.
  explicit database_proxy(std::string socket);
  ~database_proxy();
  database_proxy(const database_proxy&) = delete;
  database_proxy& operator=(const database_proxy&) = delete;

  uint16_t port() const { return port_; }

  /// Resets the connection (RST) over which the next bytes come.
  void reset_next() { reset_ = true; }

  /// The next COMMIT reaches the server; its answer does not come back, the
  /// connection is reset.
  void lose_next_commit() { lose_ = true; }

  /// True until that COMMIT came.
  bool losing() const { return lose_; }

private:
  struct link {
    int client = -1;
    int server = -1;
    bool losing = false; ///< the answer that comes next is lost
  };

  void run();
  void accept_one();
  bool pass(link& x, bool from_client);
  static void end(link& x, bool abruptly);

  std::string socket_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::vector<link> links_; ///< the thread alone
  std::atomic<bool> reset_{false};
  std::atomic<bool> lose_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

} // namespace callboard::test
