#include "actors/event_repository.hpp"

namespace callboard::actors {

event_repository_actor::behavior_type event_repository(
    event_repository_actor::stateful_pointer<event_repository_state> self,
    store_source store) {
  return {
      [=](atom::list, const call& ctx,
          const event_query& query) -> caf::result<event_page> {
        return ask_store<event_page>(self, store, ctx, query,
                                     [](event_page x) { return x; });
      },
      [=](atom::create, const call& ctx,
          const events& added) -> caf::result<int64_t> {
        auto rp = self->make_response_promise<int64_t>();
        owed to{rp};
        self->request(store(), remaining(ctx), atom::write_v, added,
                      ctx.deadline)
            .then([to](int64_t last) { to.deliver(last); },
                  [to](caf::error& err) { to.deliver(std::move(err)); });
        return rp;
      },
  };
}

} // namespace callboard::actors
