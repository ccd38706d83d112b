// Asks an actor from a socket's loop: the bridge from Asio to CAF.
#pragma once

#include "net/reply_port.hpp"

#include <boost/asio/post.hpp>
#include <caf/all.hpp>

#include <memory>
#include <utility>

namespace callboard::net {

/// Reads an answer as R, or says why it is none.
template <class R>
caf::expected<R> answer_as(caf::error err, caf::message_view* answer) {
  if (err)
    return err;
  auto& content = answer->content();
  if (content.template match_elements<R>())
    return std::move(content.template get_mutable_as<R>(0));
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
