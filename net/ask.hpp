// Asks an actor from a socket's loop: the bridge from Asio to CAF.
#pragma once

#include "net/reply_port.hpp"

#include <boost/asio/post.hpp>
#include <caf/all.hpp>

#include <memory>
#include <utility>

namespace callboard::net {

/// An answer that others may get as well: read where it is, never copied.
template <class R>
class shared_answer {
public:
  explicit shared_answer(caf::message x) : held_(std::move(x)) {}

  const R& operator*() const { return held_.get_as<R>(0); }
  const R* operator->() const { return &**this; }

private:
  caf::message held_;
};

/// What an answer is read as: a value, copied if others get it as well.
template <class R>
struct answer_reader {
  using content = R;
  static R take(caf::message_view& x) {
    return x.content().template move_if_unshared<R>(0);
  }
};
template <class R>
struct answer_reader<shared_answer<R>> {
  using content = R;
  static shared_answer<R> take(caf::message_view& x) {
    return shared_answer<R>{x.move_content_to_message()};
  }
};

/// Reads an answer as R, or says why it is none.
template <class R>
caf::expected<R> answer_as(caf::error err, caf::message_view* answer) {
  if (err)
    return err;
  auto& content = answer->content();
  if (content.template match_elements<typename answer_reader<R>::content>())
    return answer_reader<R>::take(*answer);
  if (content.template match_elements<caf::error>())
    return content.template get_as<caf::error>(0);
  return caf::make_error(caf::sec::unexpected_response);
}

/// Sends a message and calls `f(caf::expected<R>)` once, on the loop's thread,
/// never from within this call. Errors: the actor's own,
/// `sec::request_timeout`, `sec::request_receiver_down` for a dead receiver,
/// `sec::invalid_argument` for a null one. The loop's thread alone.
template <class R, class Handle, class F, class... Ts>
void ask(reply_port& port, const Handle& receiver,
         std::chrono::milliseconds timeout, F f, Ts&&... message) {
  struct waiting final : pending_answer {
    explicit waiting(F g) : f(std::move(g)) {}
    void deliver(caf::error err, caf::message_view* answer) override {
      f(answer_as<R>(std::move(err), answer));
    }
    F f;
  };
  if (!receiver) { // between two incarnations
    boost::asio::post(port.loop().io(), [f = std::move(f)]() mutable {
      f(caf::expected<R>{caf::make_error(caf::sec::invalid_argument)});
    });
    return;
  }
  auto* to = caf::actor_cast<caf::abstract_actor*>(receiver);
  auto id = port.add(std::make_unique<waiting>(std::move(f)), timeout);
  to->enqueue(caf::make_mailbox_element(caf::strong_actor_ptr{port.ctrl()}, id,
                                        {}, std::forward<Ts>(message)...),
              port.loop().home());
}

} // namespace callboard::net
