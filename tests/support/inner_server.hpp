// The program within the test's process: its actors can be reached.
#pragma once

#include "net/edge.hpp"
#include "net/listener.hpp"
#include "net/reply_port.hpp"
#include "net/runtime.hpp"
#include "protocols/system_config.hpp"
#include "supervision/application.hpp"
#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace callboard::test {

/// Two loops on a SQLite file of its own, rate limits off, on a free port.
class inner_server {
public:
  /// `change`: what is other than usual, before anybody is served.
  explicit inner_server(const std::function<void(net::services&)>& change
                        = [](auto&) {});
  ~inner_server();
  inner_server(const inner_server&) = delete;
  inner_server& operator=(const inner_server&) = delete;

  uint16_t port() const { return port_; }

  std::filesystem::path database_file() const {
    return folder_.path() / "test.db";
  }

  /// All records of the tree with this kind of id: `hub` is that of `hub-1` as
  /// well.
  std::vector<child_ptr> find(const std::string& kind) const;

private:
  void listen();
  void end_tree();

  temporary_folder folder_;
  config settings_;
  net::services shared_;
  net::runtime loops_;
  std::unique_ptr<application> app_;
  system_config cfg_;
  std::unique_ptr<caf::actor_system> system_;
  std::vector<std::unique_ptr<net::port_handle>> ports_;
  std::vector<std::unique_ptr<net::edge>> edges_;
  std::unique_ptr<net::listener> listener_;
  caf::actor root_;
  uint16_t port_ = 0;
};

/// Ends an actor as a crash would.
void kill(const child_ptr& x);

} // namespace callboard::test
