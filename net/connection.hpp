// What the connections of one loop share, whatever they speak.
#pragma once

#include "net/byte_stream.hpp"
#include "net/event_loop.hpp"
#include "net/http.hpp"
#include "net/ws_starts.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace callboard::net {

/// A connection as the server drains it; its loop's thread alone.
class connection {
public:
  virtual ~connection() = default;
  /// Ends it: soon when nothing is under way, else behind that.
  virtual void drain() = 0;
  /// Ends it at once.
  virtual void abort() = 0;
};

class ws_stream;

/// One per loop; its thread alone but for the count.
struct session_host {
  session_host(event_loop& own, http_handler& behind, const http_limits& l,
               std::shared_ptr<std::atomic<int64_t>> count)
      : loop(own), handler(behind), limits(l), open(std::move(count)),
        starts(std::make_shared<ws_starts>(own.io())) {}

  event_loop& loop;
  http_handler& handler;
  http_limits limits;
  std::shared_ptr<std::atomic<int64_t>> open; ///< connections of all loops
  std::unordered_set<connection*> connections;
  std::vector<std::weak_ptr<ws_stream>> unflushed; ///< have frames to write
  std::shared_ptr<ws_starts> starts;
  std::deque<std::weak_ptr<ws_stream>> gone; ///< to be ended
  bool draining = false;
};

/// A connection that left HTTP behind a 101. On the loop's thread.
struct taken_connection {
  std::shared_ptr<session_host> host;
  byte_stream stream;
  std::string rest; ///< what came behind the request
};

} // namespace callboard::net
