#include "actors/audit_repository.hpp"

namespace callboard::actors {

audit_repository_actor::behavior_type audit_repository(
    audit_repository_actor::stateful_pointer<audit_repository_state> self,
    store_source store) {
  return {
      [=](atom::list, const call& ctx,
          const audit_query& query) -> caf::result<page<audit_entry>> {
        if (!ctx.is_admin())
          return caf::make_error(errc::forbidden,
                                 std::string{"Admin privileges required"});
        return ask_store<page<audit_entry>>(
            self, store, ctx, query, [](page<audit_entry> x) { return x; });
      },
  };
}

} // namespace callboard::actors
