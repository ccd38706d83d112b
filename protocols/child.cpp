#include "protocols/child.hpp"

#include <time.h>

namespace callboard {

namespace {

/// Cheap: read once or twice per message, a few ms exact.
int64_t coarse_ms() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return t.tv_sec * int64_t{1000} + t.tv_nsec / 1'000'000;
}

} // namespace

std::string_view to_string(restart x) {
  switch (x) {
  case restart::permanent:
    return "permanent";
  case restart::transient:
    return "transient";
  case restart::temporary:
    return "temporary";
  }
  return "";
}

std::string_view to_string(strategy x) {
  switch (x) {
  case strategy::one_for_one:
    return "one_for_one";
  case strategy::one_for_all:
    return "one_for_all";
  case strategy::rest_for_one:
    return "rest_for_one";
  case strategy::dynamic:
    return "dynamic";
  }
  return "";
}

std::string_view to_string(child_state x) {
  switch (x) {
  case child_state::starting:
    return "starting";
  case child_state::running:
    return "running";
  case child_state::restarting:
    return "restarting";
  case child_state::stopped:
    return "stopped";
  case child_state::failed:
    return "failed";
  case child_state::abandoned:
    return "abandoned";
  }
  return "";
}

caf::actor child::get() const {
  std::lock_guard guard{mutex_};
  return incarnation_;
}

void child::keep(caf::message state) {
  std::lock_guard guard{mutex_};
  kept_ = std::move(state);
}

caf::message child::kept() const {
  std::lock_guard guard{mutex_};
  return kept_;
}

void child::count_enqueued() {
  if (enqueued_.fetch_add(1, std::memory_order_relaxed)
      == taken_.load(std::memory_order_relaxed))
    progress_.store(coarse_ms(), std::memory_order_relaxed);
}

void child::count_taken() {
  taken_.fetch_add(1, std::memory_order_relaxed);
  progress_.store(coarse_ms(), std::memory_order_relaxed);
}

uint64_t child::backlog() const {
  auto taken = taken_.load(std::memory_order_relaxed);
  auto enqueued = enqueued_.load(std::memory_order_relaxed);
  return enqueued > taken ? enqueued - taken : 0;
}

int64_t child::waiting_ms() const {
  if (backlog() == 0)
    return 0;
  return coarse_ms() - progress_.load(std::memory_order_relaxed);
}

void child::started(caf::actor incarnation, bool again) {
  // What the last incarnation left in its mailbox died with it.
  taken_.store(enqueued_.load());
  since_.store(coarse_ms());
  if (again)
    restarts_.fetch_add(1);
  state_.store(child_state::running);
  std::lock_guard guard{mutex_};
  incarnation_ = std::move(incarnation);
}

void child::ended(child_state next) {
  state_.store(next);
  std::lock_guard guard{mutex_};
  incarnation_ = nullptr;
}

int64_t child::uptime_ms() const {
  return state() == child_state::running ? coarse_ms() - since_.load() : 0;
}

void child::note_exception(std::string text, std::string message_type) {
  std::lock_guard guard{mutex_};
  noted_text_ = std::move(text);
  noted_type_ = std::move(message_type);
}

void child::note_crash(std::string reason) {
  std::lock_guard guard{mutex_};
  if (!noted_text_.empty())
    reason += ": " + noted_text_;
  crash_ = crash{std::move(reason), std::move(noted_type_), now(),
                 restarts_.load()};
  noted_text_.clear();
  noted_type_.clear();
}

std::optional<crash> child::last_crash() const {
  std::lock_guard guard{mutex_};
  return crash_;
}

void child::supervise(strategy how) {
  std::lock_guard guard{mutex_};
  strategy_ = how;
}

std::optional<strategy> child::supervises() const {
  std::lock_guard guard{mutex_};
  return strategy_;
}

void child::add(const child_ptr& x) {
  std::lock_guard guard{mutex_};
  auto [place, fresh] = places_.emplace(x->id(), next_child_);
  if (fresh)
    ++next_child_;
  order_[place->second] = x;
}

void child::remove(const std::string& id) {
  std::lock_guard guard{mutex_};
  if (auto place = places_.find(id); place != places_.end()) {
    order_.erase(place->second);
    places_.erase(place);
  }
}

size_t child::child_count() const {
  std::lock_guard guard{mutex_};
  return order_.size();
}

std::vector<child_ptr> child::children(size_t limit) const {
  std::lock_guard guard{mutex_};
  std::vector<child_ptr> out;
  for (auto& [place, x] : order_) {
    if (out.size() == limit)
      break;
    out.push_back(x);
  }
  return out;
}

} // namespace callboard
