#include "net/ws_starts.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace callboard::net {

void ws_starts::enter(std::function<bool()> begin) {
  if (running_ == at_once) {
    waiting_.push_back(std::move(begin));
    return;
  }
  ++running_;
  if (!begin())
    leave();
}

void ws_starts::leave() {
  if (waiting_.empty())
    --running_;
  else
    boost::asio::post(loop_, [self = shared_from_this()] { self->next(); });
}

/// In the place of one that left.
void ws_starts::next() {
  while (!waiting_.empty()) {
    auto begin = std::move(waiting_.front());
    waiting_.pop_front();
    if (begin())
      return;
  }
  --running_;
}

} // namespace callboard::net
