#include "actors/ownership.hpp"

#include "protocols/error.hpp"
#include "protocols/log.hpp"

namespace callboard::actors {

caf::error foreign(const call& ctx, std::string_view kind, int64_t id,
                   std::string_view owner, std::string_view named) {
  auto caller = ctx.actor();
  log::warning("ownership", "refused",
               {{"request_id", ctx.request_id},
                {"user_id", caller},
                {"owner_id", owner},
                {"resource", kind},
                {"resource_id", id}});
  return caf::make_error(errc::forbidden,
                         "You do not have permission to access this "
                             + std::string{named});
}

caf::error absent(std::string_view what, int64_t id) {
  return caf::make_error(errc::not_found, std::string{what} + ' '
                                              + std::to_string(id)
                                              + " not found");
}

} // namespace callboard::actors
