// An actor that stays on one event loop.
#pragma once

#include <caf/all.hpp>

namespace callboard {

/// Runs Base on `home` whoever sends to it; null means CAF's normal path, so
/// tests stay deterministic.
template <class Base>
class pinned : public Base {
public:
  template <class... Ts>
  pinned(caf::actor_config& cfg, caf::execution_unit* home, Ts&&... xs)
      : Base(cfg, std::forward<Ts>(xs)...), home_(home) {}

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr x, caf::execution_unit* eu) override {
    Base::enqueue(std::move(x), home_ != nullptr ? home_ : eu);
  }

  void launch(caf::execution_unit* eu, bool lazy, bool hide) override {
    Base::launch(home_ != nullptr ? home_ : eu, lazy, hide);
  }

private:
  caf::execution_unit* home_;
};

} // namespace callboard
