// What makes an actor fit for a supervisor: it is counted, pinned if wanted,
// and a crash leaves a record.
#pragma once

#include "protocols/child.hpp"
#include "protocols/pinned.hpp"

#include <caf/all.hpp>

#include <string>
#include <tuple>
#include <utility>

namespace callboard {

/// The types of a message, atoms by name; never its values.
std::string type_names(const caf::message& x);

/// Base, counted in the record `me`. An exception that escapes a handler ends
/// the actor with `sec::runtime_error` and is noted in the record.
template <class Base>
class supervised : public pinned<Base> {
public:
  using super = pinned<Base>;

  template <class... Ts>
  supervised(caf::actor_config& cfg, caf::execution_unit* home, child_ptr me,
             Ts&&... xs)
      : super(cfg, home, std::forward<Ts>(xs)...), me_(std::move(me)) {
    this->set_exception_handler([](std::exception_ptr&) -> caf::error {
      return caf::sec::runtime_error; // its text is in the record
    });
  }

  using super::enqueue;
  void enqueue(caf::mailbox_element_ptr x, caf::execution_unit* eu) override {
    me_->count_enqueued();
    super::enqueue(std::move(x), eu);
  }

  caf::invoke_message_result consume(caf::mailbox_element& x) override {
    try {
      auto result = super::consume(x);
      if (result != caf::invoke_message_result::skipped)
        me_->count_taken();
      return result;
    } catch (const std::exception& e) {
      me_->note_exception(e.what(), type_names(x.copy_content_to_message()));
      throw;
    } catch (...) {
      me_->note_exception("unknown exception",
                          type_names(x.copy_content_to_message()));
      throw;
    }
  }

private:
  child_ptr me_;
};

/// Spawns a class-based actor with its record.
template <class Actor, caf::spawn_options Os = caf::no_spawn_options,
          class... Ts>
caf::actor spawn_supervised(caf::actor_system& sys, const child_ptr& me,
                            caf::execution_unit* home, Ts&&... xs) {
  caf::actor_config cfg{sys.dummy_execution_unit()};
  return caf::actor_cast<caf::actor>(sys.spawn_class<supervised<Actor>, Os>(
      cfg, home, me, std::forward<Ts>(xs)...));
}

/// Spawns a typed actor made of a state and a behaviour function.
template <class Handle, class State,
          caf::spawn_options Os = caf::no_spawn_options, class F, class... Ts>
caf::actor spawn_function(caf::actor_system& sys, const child_ptr& me,
                          caf::execution_unit* home, F f, Ts... xs) {
  using base = typename Handle::template stateful_base<State>;
  caf::actor_config cfg{sys.dummy_execution_unit()};
  cfg.init_fun = caf::actor_config::init_fun_type{
      [f, me, args = std::make_tuple(std::move(xs)...)](
          caf::local_actor* self) mutable -> caf::behavior {
        try {
          auto made = std::apply(
              [&](auto&... ys) { return f(static_cast<base*>(self), ys...); },
              args);
          return std::move(made.unbox());
        } catch (const std::exception& e) {
          me->note_exception(e.what(), "start");
          throw;
        }
      }};
  return caf::actor_cast<caf::actor>(
      sys.spawn_class<supervised<base>, Os>(cfg, home, me));
}

// -- dynamic supervisors
// ---------------------------------------------------------

/// Asks a dynamic supervisor for a child: the running one of that id, else it
/// is started (with the state that an incarnation which crashed had kept).
struct start_child {
  std::string id;
  restart policy = restart::temporary;
  std::function<caf::actor(caf::actor_system&, const child_ptr&)> start;
  std::chrono::milliseconds shutdown{1000};
};

/// Asks a dynamic supervisor to end a child.
struct stop_child {
  std::string id;
};

/// Children that come and go; start and stop cost the same with 100,000.
using dynamic_supervisor_actor
    = caf::typed_actor<caf::replies_to<start_child>::with<caf::actor>,
                       caf::replies_to<stop_child>::with<bool>>;

} // namespace callboard

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::start_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::stop_child)
