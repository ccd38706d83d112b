#include "supervision/root_watch.hpp"

#include <csignal>
#include <unistd.h>

namespace callboard {

caf::behavior watch_root(caf::event_based_actor* self, const caf::actor& root,
                         std::shared_ptr<root_watch> watch) {
  self->monitor(root);
  self->set_down_handler([self, watch](const caf::down_msg&) {
    if (!watch->expected.load()) {
      watch->gave_up.store(true);
      ::kill(::getpid(), SIGTERM);
    }
    self->quit();
  });
  return {[](caf::unit_t) {}};
}

} // namespace callboard
