#include "actors/login_guard.hpp"

#include "actors/monotonic.hpp"

namespace callboard::actors {

namespace {

constexpr std::chrono::seconds sweep_interval{60};

} // namespace

login_guard_actor::behavior_type
login_guard(login_guard_actor::stateful_pointer<login_guard_state> self,
            const child_ptr& me, login_rules rules) {
  auto kept = me->kept();
  if (kept.match_elements<login_book_ptr>()) {
    self->state.book = kept.get_as<login_book_ptr>(0);
  } else {
    self->state.book = std::make_shared<login_book>(rules);
    me->keep(caf::make_message(self->state.book));
  }
  self->delayed_send(self, sweep_interval, atom::sweep_v);
  return {
      [self](atom::take, const std::string& name, const std::string& address) {
        return self->state.book->take(name, address, monotonic_ms(self));
      },
      [self](atom::report, const std::string& name, const std::string& address,
             bool good) {
        if (good)
          self->state.book->succeeded(name, address, monotonic_ms(self));
        else
          self->state.book->take_back(name, address, monotonic_ms(self));
      },
      [self](atom::sweep) {
        self->state.book->forget(monotonic_ms(self));
        self->delayed_send(self, sweep_interval, atom::sweep_v);
      },
  };
}

} // namespace callboard::actors
