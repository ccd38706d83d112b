#include "storage/store.hpp"

#include "protocols/error.hpp"
#include "protocols/log.hpp"

#include <algorithm>
#include <utility>

namespace callboard::storage {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds sweep_interval{250};
constexpr milliseconds ping_interval{500};   ///< while the database is away
constexpr milliseconds quiet_interval{1000}; ///< without traffic

caf::error unavailable() {
  return caf::make_error(errc::unavailable,
                         std::string{"Database unavailable"});
}

} // namespace

store_front::store_front(caf::actor_config& cfg, store_settings settings)
    : caf::event_based_actor(cfg), settings_(std::move(settings)) {
  set_default_handler(
      [this](caf::scheduled_actor*, caf::message_view& x) { return take(x); });
  set_down_handler([this](caf::down_msg& x) { lost(x.source); });
}

caf::behavior store_front::make_behavior() {
  last_contact_ = clock().now();
  for (auto& x : settings_.board->all())
    adopt(x);
  delayed_send(this, sweep_interval, atom::sweep_v);
  return {
      [this](const worker_hello& x) { admit(x); },
      [this](const worker_idle& x) { released(x); },
      [this](atom::status) { return status(); },
      [this](atom::sweep) { sweep(); },
  };
}

void store_front::on_exit() {
  for (auto& queue : waiting_)
    queue.clear();
}

caf::result<caf::message> store_front::take(caf::message_view& x) {
  auto writes = x.content().match_element<atom::write>(0);
  auto pool = settings_.sqlite && !writes ? reading_pool : writing_pool;
  job what{owed{make_response_promise()}, x.move_content_to_message(),
           clock().now()};
  if (!connected_)
    what.caller.deliver(unavailable());
  else if (auto* to = idle_worker(pool))
    assign(*to, std::move(what));
  else if (waiting_[pool].size() >= settings_.max_waiting)
    what.caller.deliver(caf::make_error(
        errc::unavailable, std::string{"Too many requests are waiting"}));
  else {
    waiting_[pool].push_back(std::move(what));
    if (settings_.grow && !std::exchange(growing_, true))
      settings_.grow();
  }
  return caf::delegated<caf::message>{};
}

/// Null: it has ended already, or is known.
store_front::worker* store_front::add(const worker_hello& x) {
  auto handle = caf::actor_cast<caf::actor>(x.worker);
  if (!handle || find(x.worker) != nullptr)
    return nullptr;
  monitor(handle);
  worker& added = workers_.emplace_back();
  added.handle = std::move(handle);
  added.db = x.db;
  added.pool = x.pool;
  added.overflow = x.overflow;
  added.since = clock().now();
  return &added;
}

/// It may still have a job of the former front.
void store_front::adopt(const worker_hello& x) {
  auto* added = add(x);
  if (added == nullptr)
    return;
  added->adopted = true;
  ping(*added);
}

void store_front::admit(const worker_hello& x) {
  if (add(x) == nullptr)
    return;
  growing_ = growing_ && !x.overflow;
  if (connected_)
    feed(x.pool);
  else
    probe(clock().now()); // known sooner whether it answers
}

void store_front::released(const worker_idle& x) {
  if (x.changes_tasks && settings_.tasks_changed)
    settings_.tasks_changed();
  auto* from = find(x.worker);
  if (from == nullptr || (from->adopted && !x.pinged))
    return;
  from->adopted = false;
  auto pinging = std::exchange(from->pinging, false);
  if (pinging)
    pinged_ = false;
  from->busy = from->interrupted = false;
  from->since = clock().now();
  auto pool = from->pool;
  if (x.healthy) {
    last_contact_ = from->since;
    set_connected(true);
  } else if (pinging) {
    set_connected(false);
  } else { // one connection was lost: is it the database?
    probe(from->since);
  }
  feed(pool);
}

void store_front::lost(const caf::actor_addr& x) {
  settings_.board->remove(x);
  auto* gone = find(x);
  if (gone == nullptr)
    return;
  if (gone->pinging)
    pinged_ = false;
  workers_.erase(workers_.begin() + (gone - workers_.data()));
}

void store_front::assign(worker& to, job what) {
  to.busy = true;
  to.since = clock().now();
  what.caller.delegate(to.handle, std::move(what.content));
}

void store_front::feed(size_t pool) {
  while (!waiting_[pool].empty()) {
    auto* to = idle_worker(pool);
    if (to == nullptr)
      return;
    assign(*to, std::move(waiting_[pool].front()));
    waiting_[pool].pop_front();
  }
}

void store_front::set_connected(bool connected) {
  if (connected == connected_)
    return;
  connected_ = connected;
  if (connected) {
    log::info("store", "database connected");
    renew_idle_sessions();
    feed(writing_pool);
    feed(reading_pool);
    return;
  }
  log::error("store", "database unavailable");
  for (auto& queue : waiting_) {
    for (auto& x : queue)
      x.caller.deliver(unavailable());
    queue.clear();
  }
}

/// Sessions of before the outage look open and are not. The one that found the
/// database again is new; SQLite has no sessions.
void store_front::renew_idle_sessions() {
  for (auto& x : workers_)
    if (!settings_.sqlite && !x.busy && x.since != last_contact_)
      interrupt(x);
}

void store_front::interrupt(const worker& x) {
  if (auto db = x.db.lock())
    db->interrupt();
}

void store_front::sweep() {
  auto now = clock().now();
  growing_ = false; // the wish was not granted
  for (auto& queue : waiting_)
    while (!queue.empty() && now - queue.front().since > settings_.wait) {
      queue.front().caller.deliver(
          caf::make_error(errc::unavailable,
                          std::string{"No database connection became free"}));
      queue.pop_front();
    }
  for (auto& x : workers_)
    watch(x, now);
  auto due = connected_ ? last_contact_ + quiet_interval
                        : last_ping_ + ping_interval;
  if (now >= due)
    probe(now);
  delayed_send(this, sweep_interval, atom::sweep_v);
}

/// Frees a worker whose database does not answer, and ends idle overflow.
void store_front::watch(worker& x, time_point now) {
  if (x.busy && x.pinging && now - x.since > settings_.stalled)
    set_connected(false);
  if (x.busy && !x.interrupted && now - x.since > settings_.overdue) {
    log::warning("store", "a job is overdue; its connection is shut down",
                 {{"worker", static_cast<int64_t>(x.handle.id())}});
    x.interrupted = true;
    interrupt(x); // what it answers tells whether the database is there
    if (x.pinging)
      set_connected(false);
  }
  if (x.overflow && !x.busy && !x.leaving && now - x.since > settings_.trim) {
    x.leaving = true; // it may get no job on its way out
    send_exit(x.handle, caf::exit_reason::user_shutdown);
  }
}

void store_front::probe(time_point now) {
  if (pinged_)
    return;
  auto* to = idle_worker(settings_.sqlite ? reading_pool : writing_pool);
  if (to == nullptr)
    return;
  last_ping_ = now;
  pinged_ = to->pinging = true;
  ping(*to);
}

void store_front::ping(worker& x) {
  x.busy = true;
  x.since = clock().now();
  request(x.handle, caf::infinite, atom::ping_v)
      .then([](bool) { /* the worker reports */ }, [](caf::error&) {});
}

store_front::worker* store_front::idle_worker(size_t pool) {
  auto i = std::find_if(workers_.begin(), workers_.end(), [&](auto& x) {
    return !x.busy && !x.leaving && x.pool == pool;
  });
  return i == workers_.end() ? nullptr : &*i;
}

store_front::worker* store_front::find(const caf::actor_addr& x) {
  auto i = std::find_if(workers_.begin(), workers_.end(),
                        [&](auto& w) { return w.handle.address() == x; });
  return i == workers_.end() ? nullptr : &*i;
}

database_status store_front::status() const {
  database_status out;
  out.connected = connected_;
  out.sqlite = settings_.sqlite;
  out.connections = static_cast<int64_t>(workers_.size());
  out.busy = std::count_if(workers_.begin(), workers_.end(),
                           [](auto& x) { return x.busy; });
  out.waiting = static_cast<int64_t>(waiting_[0].size() + waiting_[1].size());
  return out;
}

} // namespace callboard::storage
