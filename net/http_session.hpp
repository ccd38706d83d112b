// One HTTP connection, plain or TLS: reads requests one after another, so that
// pipelined ones are answered in order.
#pragma once

#include "net/event_loop.hpp"
#include "net/http.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <memory>
#include <unordered_set>

namespace callboard::net {

/// A connection as the server counts and drains it; its loop's thread alone.
class http_connection {
public:
  virtual ~http_connection() = default;
  /// Ends it: soon when idle, else after the present answer.
  virtual void drain() = 0;
  /// Ends it at once.
  virtual void abort() = 0;
};

/// What the sessions of one loop share; its thread alone but for the count.
struct session_host {
  session_host(event_loop& own, http_handler& behind, const http_limits& l,
               std::shared_ptr<std::atomic<int64_t>> count)
      : loop(own), handler(behind), limits(l), open(std::move(count)) {}

  event_loop& loop;
  http_handler& handler;
  http_limits limits;
  std::shared_ptr<std::atomic<int64_t>> open; ///< connections of all loops
  std::unordered_set<http_connection*> connections;
  bool draining = false;
};

/// Takes the connection over. `tls` null: plain. On the loop's thread.
void start_session(std::shared_ptr<session_host> host,
                   boost::asio::ip::tcp::socket socket,
                   const std::shared_ptr<boost::asio::ssl::context>& tls);

} // namespace callboard::net
