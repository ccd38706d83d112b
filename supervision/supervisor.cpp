#include "supervision/supervisor.hpp"

#include "protocols/log.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

using std::chrono::milliseconds;

using restart_now = caf::atom_constant<caf::atom("restart")>;
using overdue = caf::atom_constant<caf::atom("overdue")>;

/// True for an end that nobody has to repair.
bool is_clean(const caf::error& reason) {
  return !reason || reason == caf::exit_reason::normal
         || reason == caf::exit_reason::user_shutdown;
}

/// A supervisor that was killed has a successor, whose children have the same
/// places: a child of ours that ends late must not empty theirs.
void vacate(child& place, const caf::actor& who, child_state next) {
  auto present = place.get();
  if (!present || present == who)
    place.ended(next);
}

} // namespace

supervisor::supervisor(caf::actor_config& cfg, child_ptr me,
                       supervisor_options options,
                       std::vector<child_spec> specs)
    : caf::event_based_actor(cfg), me_(std::move(me)), options_(options) {
  me_->supervise(options_.how);
  for (auto& spec : specs) {
    me_->add(spec.record);
    kids_.push_back({std::move(spec)});
  }
  set_down_handler([this](caf::down_msg& x) { down(x); });
  set_exit_handler([this](caf::exit_msg& x) { give_up(x.reason); });
  set_default_handler(caf::drop);
}

caf::behavior supervisor::make_behavior() {
  start_missing();
  return {
      [this](restart_now, uint64_t epoch) {
        if (epoch == epoch_ && to_stop_.empty() && !ending_)
          start_missing();
      },
      [this](overdue, uint64_t index, uint64_t incarnation, bool killed) {
        escalate(index, incarnation, killed);
      },
  };
}

/// Also when this supervisor is killed: it leaves no orphans.
void supervisor::on_exit() {
  for (auto& x : kids_)
    if (x.handle) {
      demonitor(x.handle);
      send_exit(x.handle, caf::exit_reason::user_shutdown);
      vacate(*x.spec.record, x.handle, child_state::stopped);
    }
  kids_.clear();
}

// -- start
// ----------------------------------------------------------------------

void supervisor::start_missing() {
  for (size_t i = 0; i < kids_.size() && !ending_ && to_stop_.empty(); ++i)
    if (kids_[i].wanted && !kids_[i].handle && !start(kids_[i]))
      return; // the failure has planned what comes next
}

bool supervisor::start(kid& x) {
  try {
    x.handle = x.spec.start(home_system(), x.spec.record);
  } catch (const std::exception& e) {
    failed(static_cast<size_t>(&x - kids_.data()),
           std::string{"start failed: "} + e.what());
    return false;
  }
  x.spec.record->started(x.handle, x.incarnation++ > 0);
  monitor(x.handle);
  return true;
}

// -- failure
// --------------------------------------------------------------------

void supervisor::down(const caf::down_msg& x) {
  auto i = std::find_if(kids_.begin(), kids_.end(), [&](auto& k) {
    return k.handle && k.handle.address() == x.source;
  });
  if (i == kids_.end())
    return; // abandoned before
  auto index = static_cast<size_t>(i - kids_.begin());
  auto gone = std::exchange(i->handle, nullptr);
  if (i->stopping) {
    i->stopping = false;
    if (i->spec.record->policy() == restart::temporary)
      i->wanted = false;
    vacate(*i->spec.record, gone, child_state::stopped);
    if (!to_stop_.empty() && to_stop_.back() == index)
      to_stop_.pop_back();
    return stop_next();
  }
  auto clean = is_clean(x.reason);
  auto policy = i->spec.record->policy();
  i->wanted = policy == restart::permanent
              || (policy == restart::transient && !clean);
  if (i->wanted || !clean)
    i->spec.record->note_crash(caf::to_string(x.reason));
  if (i->wanted)
    return failed(index, {});
  vacate(*i->spec.record, gone,
         clean ? child_state::stopped : child_state::failed);
}

/// `reason`: set when there was no incarnation to make a crash record of.
void supervisor::failed(size_t index, std::string reason) {
  auto& x = kids_[index];
  if (!reason.empty())
    x.spec.record->note_crash(std::move(reason));
  x.spec.record->ended(child_state::restarting);
  auto why = x.spec.record->last_crash();
  log::error("supervisor", "child failed",
             {{"supervisor", me_->id()},
              {"child", x.spec.record->id()},
              {"reason", why->reason},
              {"message_type", why->message_type},
              {"restarts", static_cast<int64_t>(why->restarts)}});
  if (ending_)
    return stop_next();
  if (too_many_failures())
    return give_up(
        caf::make_error(caf::sec::runtime_error,
                        "too many restarts of " + x.spec.record->id()));
  if (options_.how == strategy::one_for_all)
    stop_from(0, index);
  else if (options_.how == strategy::rest_for_one)
    stop_from(index + 1, index);
  if (to_stop_.empty())
    restart_later();
}

bool supervisor::too_many_failures() {
  auto now = clock().now();
  failures_.push_back(now);
  while (failures_.front() + options_.window < now)
    failures_.pop_front();
  return failures_.size() > options_.max_restarts;
}

milliseconds supervisor::backoff() const {
  auto doublings
      = std::min<size_t>(failures_.empty() ? 0 : failures_.size() - 1, 20);
  return std::min(options_.backoff_max,
                  options_.backoff_min * (int64_t{1} << doublings));
}

void supervisor::restart_later() {
  auto delay = backoff();
  if (delay == milliseconds{0})
    send(this, restart_now::value, ++epoch_);
  else
    delayed_send(this, delay, restart_now::value, ++epoch_);
}

// -- stop
// -------------------------------------------------------------------------

/// Plans the stop of all children from `first` on but `spared`; the last in
/// order goes first, each waits for the end of the one before.
void supervisor::stop_from(size_t first, size_t spared) {
  auto idle = to_stop_.empty();
  std::vector<size_t> plan;
  for (auto i = first; i < kids_.size(); ++i)
    if (i != spared && kids_[i].handle)
      plan.push_back(i);
  // What an earlier failure planned still holds.
  plan.insert(plan.end(), to_stop_.begin(), to_stop_.end());
  std::sort(plan.begin(), plan.end());
  plan.erase(std::unique(plan.begin(), plan.end()), plan.end());
  to_stop_ = std::move(plan);
  if (idle && !to_stop_.empty())
    stop_next();
}

void supervisor::stop_next() {
  while (!to_stop_.empty() && !kids_[to_stop_.back()].handle)
    to_stop_.pop_back();
  if (to_stop_.empty()) {
    if (ending_)
      quit(why_);
    else
      restart_later();
    return;
  }
  auto index = to_stop_.back();
  auto& x = kids_[index];
  if (x.stopping)
    return;
  x.stopping = true;
  send_exit(x.handle, caf::exit_reason::user_shutdown);
  delayed_send(this, x.spec.shutdown, overdue::value, uint64_t{index},
               x.incarnation, false);
}

/// The grace is over: a kill, then another grace, then the child is given up:
/// a thread inside a call cannot be ended.
void supervisor::escalate(size_t index, uint64_t incarnation, bool killed) {
  auto& x = kids_[index];
  if (!x.handle || !x.stopping || x.incarnation != incarnation)
    return;
  if (!killed) {
    send_exit(x.handle, caf::exit_reason::kill);
    delayed_send(this, x.spec.shutdown, overdue::value, uint64_t{index},
                 incarnation, true);
    return;
  }
  log::error("supervisor", "child does not end, abandoned",
             {{"supervisor", me_->id()}, {"child", x.spec.record->id()}});
  demonitor(x.handle);
  x.stopping = false;
  vacate(*x.spec.record, std::exchange(x.handle, nullptr),
         child_state::abandoned);
  stop_next();
}

void supervisor::give_up(caf::error why) {
  if (ending_)
    return;
  ending_ = true;
  ++epoch_;
  why_ = std::move(why);
  auto busy = !to_stop_.empty();
  stop_from(0, kids_.size());
  if (to_stop_.empty())
    quit(why_);
  else if (busy)
    stop_next();
}

caf::actor start_supervisor(caf::actor_system& sys, const child_ptr& me,
                            supervisor_options options,
                            std::vector<child_spec> specs) {
  return sys.spawn<supervisor>(me, options, std::move(specs));
}

} // namespace callboard
