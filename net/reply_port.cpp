#include "net/reply_port.hpp"

#include "protocols/log.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace callboard::net {

namespace {

/// Then sockets have theirs: one answer to a thousand who asked the same is
/// written a thousand times.
constexpr auto turn = std::chrono::milliseconds{2};

} // namespace

reply_port::reply_port(caf::actor_config& cfg, event_loop& loop)
    : caf::monitorable_actor(cfg), loop_(loop) {}

void reply_port::enqueue(caf::mailbox_element_ptr x, caf::execution_unit*) {
  bool first = false;
  {
    std::lock_guard guard{mutex_};
    if (closed_)
      return;
    first = !std::exchange(posted_, true);
    inbox_.push_back(std::move(x));
  }
  if (first)
    post_drain();
}

void reply_port::post_drain() {
  boost::asio::post(loop_.io(),
                    [self = caf::strong_actor_ptr{ctrl()}, this] { drain(); });
}

caf::message_id reply_port::add(std::unique_ptr<pending_answer> x,
                                std::chrono::milliseconds timeout) {
  auto id = ++last_id_;
  pending_.emplace(id, entry{std::move(x), clock::now() + timeout});
  return caf::message_id{id | caf::message_id::default_async_value};
}

void reply_port::drain() {
  if (next_ == batch_.size()) {
    batch_.clear();
    next_ = 0;
    std::lock_guard guard{mutex_};
    batch_.swap(inbox_);
  }
  busy_scope busy{loop_, "answers"};
  for (auto end = clock::now() + turn;
       next_ < batch_.size() && clock::now() < end;)
    take(*std::exchange(batch_[next_++], nullptr));
  if (!is_done())
    post_drain();
}

/// If so, the next answer posts a turn.
bool reply_port::is_done() {
  std::lock_guard guard{mutex_};
  posted_ = next_ < batch_.size() || !inbox_.empty();
  return !posted_;
}

/// A handler that throws fails its own request, and nobody else's.
void reply_port::deliver(pending_answer& who, caf::error err,
                         caf::message_view* answer) {
  try {
    who.deliver(std::move(err), answer);
  } catch (const std::exception& x) {
    log::error("loop", "a handler threw",
               {{"error", std::string_view{x.what()}}});
  }
}

void reply_port::take(caf::mailbox_element& x) {
  if (!x.mid.is_response())
    return; // a port takes replies only
  auto i = pending_.find(x.mid.request_id().integer_value());
  if (i == pending_.end())
    return; // answered after its deadline
  auto who = std::move(i->second.who);
  pending_.erase(i);
  deliver(*who, caf::none, &x);
}

void reply_port::sweep() {
  if (pending_.empty())
    return;
  auto now = clock::now();
  std::vector<std::unique_ptr<pending_answer>> late;
  for (auto i = pending_.begin(); i != pending_.end();) {
    if (i->second.deadline > now) {
      ++i;
      continue;
    }
    late.push_back(std::move(i->second.who));
    i = pending_.erase(i);
  }
  for (auto& who : late)
    deliver(*who, caf::sec::request_timeout, nullptr);
}

void reply_port::close() {
  {
    std::lock_guard guard{mutex_};
    closed_ = true;
    inbox_.clear();
  }
  for (auto& [id, x] : std::exchange(pending_, {}))
    deliver(*x.who, caf::exit_reason::user_shutdown, nullptr);
  // The registry may hold a port that ever asked another node.
  cleanup(caf::exit_reason::user_shutdown, nullptr);
}

port_handle::port_handle(caf::actor_system& sys, event_loop& loop) {
  caf::actor_config cfg;
  self_ = caf::make_actor<reply_port, caf::strong_actor_ptr>(
      sys.next_actor_id(), sys.node(), &sys, cfg, loop);
  port_
      = static_cast<reply_port*>(caf::actor_cast<caf::abstract_actor*>(self_));
  boost::asio::post(loop.io(), [&loop, port = port_] { // its thread may run
    loop.each_tick([port] { port->sweep(); });
  });
}

port_handle::~port_handle() { port_->close(); }

} // namespace callboard::net
