#include "supervision/dynamic_supervisor.hpp"

#include "protocols/error.hpp"
#include "protocols/log.hpp"

#include <algorithm>

namespace callboard {

namespace {

using restart_now = caf::atom_constant<caf::atom("restart")>;
using overdue = caf::atom_constant<caf::atom("overdue")>;

} // namespace

dynamic_supervisor::dynamic_supervisor(caf::actor_config& cfg, child_ptr me,
                                       dynamic_supervisor_options options)
    : caf::event_based_actor(cfg), me_(std::move(me)), options_(options) {
  me_->supervise(strategy::dynamic);
  adopt();
  set_down_handler([this](caf::down_msg& x) { down(x); });
  set_exit_handler([this](caf::exit_msg&) { end(); });
  set_default_handler(caf::drop);
}

caf::behavior dynamic_supervisor::make_behavior() {
  return {
      [this](start_child& spec) { return start(spec); },
      [this](const stop_child& x) { return stop(x.id); },
      [this](restart_now, const std::string& id, uint64_t incarnation) {
        restart(id, incarnation);
      },
      [this](overdue, const std::string& id, uint64_t incarnation,
             bool killed) { kill(id, incarnation, killed); },
  };
}

/// Records that a killed incarnation left: its children end, unless they have.
/// A record and its running child hold each other, so they are let go here.
void dynamic_supervisor::adopt() {
  for (auto& x : me_->children(SIZE_MAX)) {
    if (x->kept().empty()) {
      x->ended(child_state::stopped);
      me_->remove(x->id());
    } else {
      retain(x);
    }
  }
}

void dynamic_supervisor::on_exit() {
  for (auto& [id, x] : kids_)
    if (x.handle) {
      demonitor(x.handle);
      send_exit(x.handle, caf::exit_reason::user_shutdown);
    }
  kids_.clear();
}

caf::result<caf::actor> dynamic_supervisor::start(start_child& spec) {
  if (ending_)
    return caf::make_error(errc::unavailable, std::string{"shutting down"});
  auto [i, fresh] = kids_.try_emplace(spec.id);
  if (fresh && kids_.size() > options_.max_children) {
    kids_.erase(i);
    return caf::make_error(errc::unavailable,
                           std::string{"no room for another child"});
  }
  auto& x = i->second;
  if (x.handle && !x.stopping)
    return x.handle;
  if (!fresh) // between two lives
    return caf::make_error(errc::unavailable, spec.id + " is restarting");
  auto kept = retained_.find(spec.id);
  x.record = kept != retained_.end()
                 ? kept->second
                 : std::make_shared<child>(spec.id, spec.policy);
  x.incarnation = kept != retained_.end() ? 1 : 0;
  if (kept != retained_.end()) {
    retained_.erase(kept);
    std::erase(retained_order_, spec.id);
  }
  x.spec = std::move(spec);
  me_->add(x.record);
  try {
    spawn(x);
  } catch (const std::exception& e) {
    auto text = std::string{"start failed: "} + e.what();
    forget(i->first);
    return caf::make_error(errc::unavailable, text);
  }
  return x.handle;
}

void dynamic_supervisor::spawn(kid& x) {
  x.handle = x.spec.start(home_system(), x.record);
  if (x.record->policy() == restart::temporary)
    x.spec.start = nullptr; // what it holds is the child's alone from now on
  x.record->started(x.handle, x.incarnation++ > 0);
  x.since = clock().now();
  ids_[x.handle.id()] = x.spec.id;
  monitor(x.handle);
}

bool dynamic_supervisor::stop(const std::string& id) {
  auto i = kids_.find(id);
  if (i == kids_.end())
    return false;
  auto& x = i->second;
  if (!x.handle) {
    forget(id);
  } else if (!x.stopping) {
    x.stopping = true;
    send_exit(x.handle, caf::exit_reason::user_shutdown);
    delayed_send(this, x.spec.shutdown, overdue::value, id, x.incarnation,
                 false);
  }
  return true;
}

void dynamic_supervisor::kill(const std::string& id, uint64_t incarnation,
                              bool killed) {
  auto i = kids_.find(id);
  if (i == kids_.end() || !i->second.handle || !i->second.stopping
      || i->second.incarnation != incarnation)
    return;
  auto& x = i->second;
  if (!killed) {
    send_exit(x.handle, caf::exit_reason::kill);
    delayed_send(this, x.spec.shutdown, overdue::value, id, incarnation, true);
    return;
  }
  log::error("supervisor", "child does not end, abandoned",
             {{"supervisor", me_->id()}, {"child", id}});
  demonitor(x.handle);
  ids_.erase(x.handle.id());
  x.record->ended(child_state::abandoned);
  forget(id);
}

void dynamic_supervisor::down(const caf::down_msg& x) {
  auto place = ids_.find(x.source.id());
  if (place == ids_.end())
    return;
  auto id = std::move(place->second);
  ids_.erase(place);
  auto& gone = kids_.at(id);
  gone.handle = nullptr;
  auto clean = !x.reason || x.reason == caf::exit_reason::user_shutdown;
  auto again = gone.record->policy() == restart::permanent
               || (gone.record->policy() == restart::transient && !clean);
  if (!clean && !gone.stopping)
    gone.record->note_crash(caf::to_string(x.reason));
  if (gone.stopping || ending_ || (clean && !again)) {
    gone.record->ended(child_state::stopped);
    forget(id);
  } else if (again) {
    crashed(gone);
  } else {
    retain(gone.record);
    kids_.erase(id); // its record stays in the tree, with the crash
  }
}

void dynamic_supervisor::crashed(kid& x) {
  x.record->ended(child_state::restarting);
  if (clock().now() > x.since + options_.backoff_max)
    x.crashes = 0; // that one had lived well
  auto doublings = std::min<uint64_t>(x.crashes++, 20);
  auto delay = std::min(options_.backoff_max,
                        options_.backoff_min * (int64_t{1} << doublings));
  delayed_send(this, delay, restart_now::value, x.spec.id, x.incarnation);
}

void dynamic_supervisor::restart(const std::string& id, uint64_t incarnation) {
  auto i = kids_.find(id);
  if (ending_ || i == kids_.end() || i->second.handle
      || i->second.incarnation != incarnation)
    return;
  try {
    spawn(i->second);
  } catch (const std::exception& e) {
    i->second.record->note_crash(std::string{"start failed: "} + e.what());
    crashed(i->second);
  }
}

/// The record of a child that crashed waits for another of that id.
void dynamic_supervisor::retain(const child_ptr& record) {
  record->ended(child_state::failed);
  if (retained_.emplace(record->id(), record).second)
    retained_order_.push_back(record->id());
  while (retained_.size() > options_.max_retained) {
    me_->remove(retained_order_.front());
    retained_.erase(retained_order_.front());
    retained_order_.pop_front();
  }
}

void dynamic_supervisor::forget(const std::string& id) {
  me_->remove(id);
  kids_.erase(std::string{id}); // `id` may live in the entry
  if (ending_ && ids_.empty())
    quit(caf::exit_reason::user_shutdown);
}

void dynamic_supervisor::end() {
  if (ending_)
    return;
  ending_ = true;
  if (ids_.empty())
    return quit(caf::exit_reason::user_shutdown);
  std::vector<std::string> all;
  for (auto& [id, x] : kids_)
    all.push_back(id);
  for (auto& id : all)
    stop(id);
}

caf::actor start_dynamic_supervisor(caf::actor_system& sys, const child_ptr& me,
                                    dynamic_supervisor_options options) {
  return sys.spawn<dynamic_supervisor>(me, options);
}

} // namespace callboard
