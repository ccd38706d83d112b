#include "actors/retention.hpp"

#include "protocols/error.hpp"
#include "protocols/log.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

using self_pointer = retention_actor::stateful_pointer<retention_state>;

/// Between two batches: others write, too.
constexpr std::chrono::milliseconds pause{20};
constexpr std::chrono::seconds batch_time{10};
/// After a start there is other work.
constexpr std::chrono::milliseconds most_patience{10'000};

/// Everything before the first of these instants may go.
timestamp oldest_kept(const retention_limit& x) {
  auto keeps_all = x.days.count() == 0 && x.what != kept_rows::idempotency_keys
                   && x.what != kept_rows::tokens;
  return keeps_all ? timestamp{0} : now() + -std::chrono::milliseconds{x.days};
}

void sleep_until_due(self_pointer self) {
  self->state.next = 0;
  self->delayed_send(self, self->state.settings.interval, atom::sweep_v);
}

void pruned(self_pointer self, const retention_limit& limit, int64_t removed) {
  auto& state = self->state;
  (*state.settings.removed)[static_cast<size_t>(limit.what)]
      += static_cast<uint64_t>(removed);
  state.removed += removed;
  if (removed == 0) { // nothing is left of this kind
    if (state.removed > 0)
      log::info("retention", "old rows removed",
                {{"kind", name_of(limit.what)}, {"rows", state.removed}});
    state.removed = 0;
    if (++state.next == state.settings.limits.size())
      return sleep_until_due(self);
  }
  self->delayed_send(self, pause, atom::sweep_v);
}

} // namespace

retention_actor::behavior_type retention(self_pointer self, store_source store,
                                         retention_settings settings) {
  self->state.settings = std::move(settings);
  self->state.store = std::move(store);
  self->delayed_send(self,
                     std::min(self->state.settings.interval, most_patience),
                     atom::sweep_v);
  return {
      [self](atom::sweep) {
        auto& state = self->state;
        auto limit = state.settings.limits[state.next];
        retention_rule rule{limit.what, oldest_kept(limit), limit.rows,
                            state.settings.batch};
        self->request(state.store(), batch_time, atom::write_v, rule,
                      deadline_in(batch_time))
            .then([self,
                   limit](int64_t removed) { pruned(self, limit, removed); },
                  [self](caf::error& err) {
                    log::warning("retention", "old rows were not removed",
                                 {{"error", detail(err)}});
                    sleep_until_due(self);
                  });
      },
  };
}

} // namespace callboard::actors
