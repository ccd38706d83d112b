#include "actors/rate_limit_bucket.hpp"

#include "actors/monotonic.hpp"
#include "protocols/timestamp.hpp"

namespace callboard::actors {

namespace {

caf::message as_message(const rate_window& x) {
  return caf::make_message(x.started, x.count, x.tokens, x.refilled);
}

rate_window from_message(const caf::message& x) {
  rate_window out;
  if (x.match_elements<int64_t, int64_t, double, int64_t>()) {
    out.started = x.get_as<int64_t>(0);
    out.count = x.get_as<int64_t>(1);
    out.tokens = x.get_as<double>(2);
    out.refilled = x.get_as<int64_t>(3);
  }
  return out;
}

} // namespace

rate_limit_bucket_actor::behavior_type rate_limit_bucket(
    rate_limit_bucket_actor::stateful_pointer<rate_limit_bucket_state> self,
    const child_ptr& me, rate_rules rules) {
  self->state.window = from_message(me->kept());
  return {
      [=](atom::take, const bucket_key&) {
        auto answer = take(self->state.window, rules, monotonic_ms(self),
                           now().ms / 1000);
        me->keep(as_message(self->state.window));
        return answer;
      },
      [=](atom::stop) { self->quit(); },
  };
}

} // namespace callboard::actors
