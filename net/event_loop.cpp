#include "net/event_loop.hpp"

#include "protocols/fetch_ahead.hpp"
#include "protocols/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <sched.h>
#include <utility>

namespace callboard::net {

namespace {

using clock = std::chrono::steady_clock;

constexpr size_t crowd = 16; ///< of handlers between two sleeps
constexpr size_t jobs_per_turn = 64;
constexpr size_t messages_per_job = 64; // a busy actor gives way to others

// An actor's memory around its part that is a job: its references and base
// before it, mailbox, handlers and state behind [bytes].
constexpr size_t before_job = 256;
constexpr size_t behind_job = 1792; // of a WebSocket session

thread_local event_loop* current_loop = nullptr;

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             clock::now().time_since_epoch())
      .count();
}

} // namespace

// -- loop_unit
// ------------------------------------------------------------------

loop_unit::loop_unit(caf::actor_system& sys, event_loop& loop)
    : caf::execution_unit(&sys), loop_(loop) {}

void loop_unit::exec_later(caf::resumable* job) {
  if (closed_.load()) {
    caf::scheduler::abstract_coordinator::cleanup_and_release(job);
    return;
  }
  pending_.fetch_add(1);
  if (event_loop::current() == &loop_) {
    local_.push_back(job);
    if (!std::exchange(posted_, true))
      post_drain();
    return;
  }
  bool first = false;
  {
    std::lock_guard guard{mutex_};
    inbox_.push_back(job);
    first = !std::exchange(inbox_posted_, true);
  }
  if (first)
    post_drain();
}

void loop_unit::post_drain() {
  boost::asio::post(loop_.io(), [this] {
    posted_ = false;
    run_jobs(jobs_per_turn);
    if (!local_.empty() && !std::exchange(posted_, true))
      post_drain();
  });
}

void loop_unit::take_inbox() {
  std::lock_guard guard{mutex_};
  inbox_posted_ = false;
  local_.insert(local_.end(), inbox_.begin(), inbox_.end());
  inbox_.clear();
}

bool loop_unit::run_jobs(size_t limit) {
  take_inbox();
  size_t n = 0;
  for (; n < limit && !local_.empty(); ++n) {
    auto* job = local_.front();
    local_.pop_front();
    // When an event goes to thousands of sessions, none is in a cache.
    if (!local_.empty())
      fetch_ahead(reinterpret_cast<const char*>(local_.front()) - before_job,
                  before_job + behind_job);
    run(job);
  }
  return n > 0;
}

void loop_unit::run(caf::resumable* job) {
  // Named before it runs: a finished actor has no state to ask any more.
  if (job->subtype() == caf::resumable::scheduled_actor) {
    auto* actor = static_cast<caf::scheduled_actor*>(job);
    loop_.began(actor->name(), actor->id());
  } else {
    loop_.began("function", 0);
  }
  auto result = job->resume(this, messages_per_job);
  loop_.jobs_.fetch_add(1, std::memory_order_relaxed);
  loop_.finished();
  if (result == caf::resumable::resume_later)
    local_.push_back(job);
  else {
    caf::intrusive_ptr_release(job);
    pending_.fetch_sub(1);
  }
}

void loop_unit::close() {
  closed_.store(true);
  take_inbox();
  for (auto* job : std::exchange(local_, {})) {
    caf::scheduler::abstract_coordinator::cleanup_and_release(job);
    pending_.fetch_sub(1);
  }
}

// -- event_loop
// -----------------------------------------------------------------

event_loop::event_loop(size_t index)
    : index_(index), io_(1), guard_(boost::asio::make_work_guard(io_)),
      timer_(io_) {}

event_loop* event_loop::current() { return current_loop; }

void event_loop::make_unit(caf::actor_system& sys) {
  unit_ = std::make_unique<loop_unit>(sys, *this);
}

void event_loop::start() {
  due_ = now_ms() + tick_interval.count();
  arm();
  thread_ = std::thread([this] {
    current_loop = this;
    run();
    current_loop = nullptr;
  });
}

/// An exception of a socket's handler ends what the handler owned, not the
/// process.
void event_loop::run() {
  while (!io_.stopped())
    try {
      work();
    } catch (const std::exception& x) {
      log::error("loop", "a handler threw",
                 {{"error", std::string_view{x.what()}}});
    }
}

/// Sleeps until there is something to do, and does all there is. In a crowd
/// whoever shares the core has a turn before the next sleep: the loop finds
/// many requests then, instead of being woken for each.
void event_loop::work() {
  auto done = io_.run_one() + io_.poll();
  for (auto more = done; crowded_ && more > 0; done += more) {
    ::sched_yield();
    gave_way_.fetch_add(1, std::memory_order_relaxed);
    more = io_.poll();
  }
  most_done_ = std::max(most_done_, done);
}

void event_loop::stop() {
  io_.stop();
  if (thread_.joinable())
    thread_.join();
}

void event_loop::arm() {
  timer_.expires_at(clock::time_point{std::chrono::milliseconds{due_}});
  timer_.async_wait([this](boost::system::error_code ec) {
    if (!ec)
      tick();
  });
}

void event_loop::tick() {
  auto now = now_ms();
  if (auto late = now - due_; late > blocked_limit.count() && !known_blocked_)
    blocked(late, "io");
  known_blocked_ = false;
  crowded_ = std::exchange(most_done_, 0) >= crowd;
  for (auto& f : ticks_)
    f();
  deadlines_.sweep(clock::now());
  due_ = now_ms() + tick_interval.count();
  arm();
}

void event_loop::began(const char* what, caf::actor_id id) {
  what_.store(what, std::memory_order_relaxed);
  actor_id_.store(id, std::memory_order_relaxed);
  busy_since_.store(coarse_ms(), std::memory_order_relaxed);
}

void event_loop::finished() {
  auto took = coarse_ms() - busy_since_.load(std::memory_order_relaxed);
  if (took > blocked_limit.count()) {
    known_blocked_ = true;
    blocked(took, holder());
  }
  busy_since_.store(0, std::memory_order_relaxed);
}

/// What runs, with the actor's id.
std::string event_loop::holder() const {
  std::string out = what_.load(std::memory_order_relaxed);
  if (auto id = actor_id_.load(std::memory_order_relaxed); id != 0)
    out += '#' + std::to_string(id);
  return out;
}

void event_loop::blocked(int64_t ms, std::string by) {
  blocked_.fetch_add(1);
  if (ms > worst_ms_.load())
    worst_ms_.store(ms);
  std::lock_guard guard{mutex_};
  last_blocked_by_ = std::move(by);
}

loop_gauge event_loop::gauge() const {
  loop_gauge out;
  out.jobs = jobs_.load(std::memory_order_relaxed);
  out.gave_way = gave_way_.load(std::memory_order_relaxed);
  out.blocked = blocked_.load();
  out.worst_ms = worst_ms_.load();
  if (auto since = busy_since_.load(std::memory_order_relaxed); since != 0) {
    out.held_ms = coarse_ms() - since;
    out.held_by = holder();
  }
  std::lock_guard guard{mutex_};
  out.last_blocked_by = last_blocked_by_;
  return out;
}

} // namespace callboard::net
