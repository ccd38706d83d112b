// A promise to answer that outlives its actor: whoever asked an actor that
// crashed hears of it at once (CAF 0.17 forgets promises without a word).
#pragma once

#include "protocols/error.hpp"

#include <caf/all.hpp>

#include <memory>
#include <string>
#include <utility>

namespace callboard {

/// Shares a response promise; when the last copy goes and nobody answered, it
/// answers `unavailable`. The actor's thread alone.
template <class Promise>
class owed {
public:
  explicit owed(Promise promise)
      : held_(std::make_shared<holder>(std::move(promise))) {}

  template <class... Ts>
  void deliver(Ts&&... xs) const {
    held_->promise.deliver(std::forward<Ts>(xs)...);
  }

  template <class Handle, class... Ts>
  void delegate(const Handle& to, Ts&&... message) const {
    held_->promise.delegate(to, std::forward<Ts>(message)...);
  }

private:
  struct holder {
    explicit holder(Promise p) : promise(std::move(p)) {}
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;
    ~holder() {
      if (promise.pending())
        promise.deliver(caf::make_error(errc::unavailable,
                                        std::string{"Service restarting"}));
    }
    Promise promise;
  };
  std::shared_ptr<holder> held_;
};

} // namespace callboard
