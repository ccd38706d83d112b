// The port: accepts connections, deals them out to the loops, and ends them.
#pragma once

#include "net/http_session.hpp"
#include "net/runtime.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <caf/expected.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace callboard::net {

struct listener_settings {
  std::string host = "127.0.0.1"; ///< an IP address, or `localhost`
  uint16_t port = 0;              ///< 0: a free one
  int64_t max_connections = 10'000;
  http_limits limits;
  std::shared_ptr<boost::asio::ssl::context> tls; ///< null: plain HTTP
};

/// One acceptor on the first loop; its sockets go to the loops in turn, for
/// SO_REUSEPORT deals few connections unevenly.
class listener {
public:
  /// `handlers`: one per loop, in order; they outlive the listener. `open`
  /// counts the open connections.
  listener(runtime& loops, listener_settings settings,
           const std::vector<http_handler*>& handlers,
           std::shared_ptr<std::atomic<int64_t>> open);
  ~listener();

  /// Opens the port and accepts. `unavailable`: the port is taken, the address
  /// not ours. @returns the port.
  caf::expected<uint16_t> start();

  /// From now on new connections are shown this certificate. Any thread.
  void use(std::shared_ptr<boost::asio::ssl::context> tls);

  /// Accepts no more; idle connections end soon, busy ones after their answer.
  /// Any thread.
  void drain();

  /// Ends all connections at once. Any thread.
  void abort();

  /// Open connections [count].
  int64_t open() const { return open_->load(); }

  /// Connections that were one too many, since the start [count].
  uint64_t refused() const { return refused_.load(); }

private:
  void accept();
  void accepted(boost::system::error_code ec,
                boost::asio::ip::tcp::socket socket, size_t index);
  void hand_over(boost::asio::ip::tcp::socket socket, size_t index);
  void refuse(boost::asio::ip::tcp::socket socket);
  void retry_later();
  bool accept_waiting();
  void close();
  template <class F>
  void on_each_loop(F f);

  runtime& loops_;
  listener_settings settings_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::shared_ptr<std::atomic<int64_t>> open_;
  std::atomic<uint64_t> refused_{0};
  std::vector<std::shared_ptr<session_host>> hosts_;
  size_t next_ = 0;
  bool failing_ = false; ///< accept errors are logged once
};

} // namespace callboard::net
