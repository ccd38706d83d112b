// Whose session may start: a crowd that comes back at once waits in turn, so
// that requests, and the sessions that are there, go on beside it.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

namespace callboard::net {

/// One per loop, on its thread alone; shared with what waits on the loop.
class ws_starts : public std::enable_shared_from_this<ws_starts> {
public:
  static constexpr size_t at_once = 16;

  explicit ws_starts(boost::asio::io_context& loop) : loop_(loop) {}

  /// Calls `begin` now, or when others have left. It says whether it begins:
  /// then `leave` is called once.
  void enter(std::function<bool()> begin);

  /// The next one begins behind what already waits on the loop.
  void leave();

private:
  void next();

  boost::asio::io_context& loop_;
  std::deque<std::function<bool()>> waiting_;
  size_t running_ = 0;
};

} // namespace callboard::net
