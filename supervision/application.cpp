#include "supervision/application.hpp"

#include "actors/agent_repository.hpp"
#include "actors/audit_repository.hpp"
#include "actors/conflict_repository.hpp"
#include "actors/event_repository.hpp"
#include "actors/execution_repository.hpp"
#include "actors/login_guard.hpp"
#include "actors/memory_repository.hpp"
#include "actors/passwords.hpp"
#include "actors/project_repository.hpp"
#include "actors/rate_limits.hpp"
#include "actors/retention.hpp"
#include "actors/schedule_sync.hpp"
#include "actors/task_repository.hpp"
#include "actors/token_repository.hpp"
#include "protocols/supervised.hpp"
#include "storage/store.hpp"
#include "supervision/dynamic_supervisor.hpp"
#include "supervision/tree.hpp"

#include <algorithm>

namespace callboard {

namespace {

using namespace std::chrono_literals;

child_ptr permanent(const char* id) {
  return std::make_shared<child>(id, restart::permanent);
}

child_spec dynamic_spec(const child_ptr& record,
                        std::chrono::milliseconds shutdown,
                        size_t max_children = SIZE_MAX) {
  child_spec out;
  out.record = record;
  out.shutdown = shutdown;
  dynamic_supervisor_options options;
  options.max_children = max_children;
  out.start = [options](caf::actor_system& sys, const child_ptr& me) {
    return start_dynamic_supervisor(sys, me, options);
  };
  return out;
}

/// A typed actor made of state and behaviour function, on the loops.
template <class Handle, class State, class F, class... Ts>
child_spec actor_spec(const child_ptr& record, F f, Ts... xs) {
  child_spec out;
  out.record = record;
  out.start = [=](caf::actor_system& sys, const child_ptr& me) {
    return spawn_function<Handle, State>(sys, me, nullptr, f, xs...);
  };
  return out;
}

/// A worker blocks in its database: it has a thread of its own.
std::function<caf::actor(caf::actor_system&, const child_ptr&)>
worker_start(std::shared_ptr<storage::database> database,
             storage::worker_settings settings) {
  return [=](caf::actor_system& sys, const child_ptr& me) {
    return spawn_function<store_actor, storage::store_worker_state,
                          caf::detached>(
        sys, me, nullptr, storage::store_worker, database->connect(), settings);
  };
}

bool any_abandoned(const child& x) {
  if (x.state() == child_state::abandoned)
    return true;
  auto below = x.children(max_shown_children);
  return std::any_of(below.begin(), below.end(),
                     [](auto& y) { return any_abandoned(*y); });
}

} // namespace

application::application(config settings,
                         std::shared_ptr<storage::database> database,
                         stream_mark_ptr stream, supervisor_options recovery)
    : settings_(std::move(settings)), database_(std::move(database)),
      stream_(std::move(stream)), recovery_(recovery),
      generation_(std::make_shared<std::atomic<uint64_t>>(0)),
      pruned_(std::make_shared<retention_counts>()),
      root_(permanent("application")), store_(permanent("store")),
      overflow_(permanent("overflow")), tasks_(permanent("task_repository")),
      projects_(permanent("project_repository")),
      agents_(permanent("agent_repository")),
      executions_(permanent("execution_repository")),
      audit_(permanent("audit_repository")),
      memory_(permanent("memory_repository")),
      conflicts_(permanent("conflict_repository")),
      users_(permanent("user_repository")),
      tokens_(permanent("token_repository")),
      retention_(permanent("retention")), passwords_(permanent("passwords")),
      buckets_(permanent("buckets")), rate_limits_(permanent("rate_limits")),
      login_guard_(permanent("login_guard")), sync_(permanent("schedule_sync")),
      events_(permanent("event_repository")), feed_(permanent("event_feed")),
      listener_(permanent("event_listener")), presence_(permanent("presence")),
      homes_(std::make_shared<std::vector<caf::execution_unit*>>()) {
  for (int64_t i = 0; i < settings_.workers; ++i) {
    auto number = std::to_string(i + 1);
    hubs_.push_back(permanent(("hub-" + number).c_str()));
    sessions_.push_back(permanent(("sessions-" + number).c_str()));
  }
}

caf::actor application::start(caf::actor_system& sys, net::runtime& loops) {
  keep_open();
  auto& all = loops.loops();
  for (size_t i = 0; i < hubs_.size(); ++i)
    homes_->push_back(all[i % all.size()]->home());
  auto root = start_supervisor(sys, root_, recovery_,
                               {storage_spec(), passwords_spec(), limits_spec(),
                                realtime_spec(), sync_spec()});
  root_->started(root, false);
  return root;
}

/// The last one who closes a SQLite file writes its log back and waits for the
/// disk: no worker that starts again shall be that.
void application::keep_open() {
  if (database_->dialect() != storage::dialect_kind::sqlite)
    return;
  kept_open_ = database_->connect();
  if (auto err = kept_open_->ping())
    log::warning("database", "SQLite is not kept open",
                 {{"error", detail(err)}});
}

child_spec
application::supervisor_spec(const child_ptr& place, strategy how,
                             std::vector<child_spec> children) const {
  child_spec out;
  out.record = place;
  out.shutdown = 5s; // its children have their own grace
  auto options = recovery_;
  options.how = how;
  out.start = [options, children](caf::actor_system& sys, const child_ptr& me) {
    return start_supervisor(sys, me, options, children);
  };
  return out;
}

storage::worker_settings application::worker_settings_of(size_t pool) const {
  storage::worker_settings out;
  out.front = [store = store_] { return store->get(); };
  out.board = board_;
  out.pool = pool;
  out.mark = stream_;
  out.committed = commit_listener();
  return out;
}

child_spec application::front_spec() const {
  storage::store_settings store;
  store.board = board_;
  store.sqlite = database_->dialect() == storage::dialect_kind::sqlite;
  store.overdue = settings_.db_deadline + 1s;
  store.wait = settings_.db_pool_timeout;
  if (!store.sqlite) {
    auto settings = worker_settings_of(storage::writing_pool);
    settings.overflow = true;
    store.grow
        = [overflow = overflow_, start = worker_start(database_, settings),
           grace = worker_grace(), n = std::make_shared<uint64_t>(0)] {
            start_child wish;
            wish.shutdown = grace;
            wish.id = "overflow-" + std::to_string(++*n);
            wish.start = start;
            caf::anon_send(overflow->get(), std::move(wish));
          };
  }
  if (settings_.schedule_sync_enabled)
    store.tasks_changed = [to = sync_] {
      if (auto sync = to->as<schedule_sync_actor>())
        caf::anon_send(sync, atom::notice_v);
    };
  child_spec out;
  out.record = store_;
  out.start = [store](caf::actor_system& sys, const child_ptr& me) {
    return spawn_supervised<storage::store_front>(sys, me, nullptr, store);
  };
  return out;
}

child_spec application::storage_spec() {
  auto out = supervisor_spec(
      permanent("storage"), strategy::one_for_one,
      {front_spec(), workers_spec(),
       dynamic_spec(overflow_, 2 * worker_grace() + 1s,
                    static_cast<size_t>(settings_.db_max_overflow)),
       repositories_spec(), retention_spec()});
  out.shutdown = 4 * worker_grace() + 2s; // workers and overflow in turn
  return out;
}

child_spec application::workers_spec() {
  std::vector<child_spec> out;
  auto add = [&](const std::string& id, size_t pool) {
    child_spec x;
    x.record = permanent(id.c_str());
    x.shutdown = worker_grace();
    x.start = worker_start(database_, worker_settings_of(pool));
    out.push_back(std::move(x));
  };
  if (database_->dialect() == storage::dialect_kind::sqlite) {
    add("writer", storage::writing_pool);
    for (int64_t i = 1; i <= std::clamp<int64_t>(settings_.workers, 2, 4); ++i)
      add("reader-" + std::to_string(i), storage::reading_pool);
  } else {
    for (int64_t i = 1; i <= settings_.db_pool_size; ++i)
      add("worker-" + std::to_string(i), storage::writing_pool);
  }
  auto all = supervisor_spec(permanent("workers"), strategy::one_for_one,
                             std::move(out));
  all.shutdown = 2 * worker_grace() + 1s; // a grace each, and a kill
  return all;
}

/// By then its job is done, or the front has shut its connection down.
std::chrono::milliseconds application::worker_grace() const {
  return settings_.db_deadline + 2s;
}

child_spec application::repositories_spec() {
  using namespace actors;
  store_source store{[x = store_] { return x->as<store_actor>(); }};
  if (database_->dialect() == storage::dialect_kind::postgres
      && settings_.db_pool_size > 1)
    store.batches = 2; // SQLite writes one after another
  return supervisor_spec(
      permanent("repositories"), strategy::one_for_one,
      {actor_spec<task_repository_actor, task_repository_state>(
           tasks_, task_repository, store),
       actor_spec<project_repository_actor, project_repository_state>(
           projects_, project_repository, store),
       actor_spec<agent_repository_actor, agent_repository_state>(
           agents_, agent_repository, store),
       actor_spec<execution_repository_actor, execution_repository_state>(
           executions_, execution_repository, store),
       actor_spec<audit_repository_actor, audit_repository_state>(
           audit_, audit_repository, store),
       actor_spec<memory_repository_actor, memory_repository_state>(
           memory_, memory_repository, store),
       actor_spec<conflict_repository_actor, conflict_repository_state>(
           conflicts_, conflict_repository, store),
       actor_spec<event_repository_actor, event_repository_state>(
           events_, event_repository, store),
       actor_spec<user_repository_actor, user_repository_state>(
           users_, user_repository, store, generation_),
       actor_spec<token_repository_actor, token_repository_state>(
           tokens_, token_repository, store)});
}

child_spec application::retention_spec() {
  using std::chrono::days;
  actors::retention_settings wanted;
  wanted.limits = {
      {kept_rows::stream, days{settings_.event_retention_days},
       settings_.event_retention_rows},
      {kept_rows::audit, days{settings_.audit_retention_days},
       settings_.audit_retention_rows},
      {kept_rows::executions, days{settings_.execution_retention_days},
       settings_.execution_retention_rows},
      {kept_rows::tokens, days{settings_.token_retention_days}},
      {kept_rows::idempotency_keys},
  };
  wanted.interval = settings_.retention_interval;
  wanted.removed = pruned_;
  actors::store_source store{[x = store_] { return x->as<store_actor>(); }};
  return actor_spec<retention_actor, actors::retention_state>(
      retention_, actors::retention, store, wanted);
}

child_spec application::passwords_spec() {
  actors::password_settings settings;
  settings.cost = static_cast<int>(settings_.password_cost);
  settings.threads
      = static_cast<size_t>(std::max<int64_t>(1, core_count() - 1));
  settings.max_waiting = static_cast<size_t>(settings_.password_queue);
  return actor_spec<passwords_actor, actors::passwords_state>(
      passwords_, actors::passwords, settings);
}

child_spec application::limits_spec() {
  actors::rate_limit_settings settings;
  auto add = [&](const char* name, int64_t per_minute) {
    settings.buckets[name]
        = {per_minute, settings_.rate_limit_rps, settings_.rate_limit_burst};
  };
  add("standard", settings_.rate_limit_per_minute);
  add("auth", settings_.rate_limit_auth_per_minute);
  add("activity", settings_.rate_limit_activity_per_minute);
  add("agent-create", settings_.rate_limit_agent_create_per_minute);
  add("ws", settings_.rate_limit_ws_per_minute); // 0: nobody asks it
  settings.max_keys = static_cast<size_t>(settings_.rate_limit_max_keys);
  settings.supervisor
      = [x = buckets_] { return x->as<dynamic_supervisor_actor>(); };
  settings.running
      = [x = buckets_, n = settings.max_keys] { return x->children(n); };
  return supervisor_spec(
      permanent("limits"), strategy::rest_for_one,
      {dynamic_spec(buckets_, 5s),
       actor_spec<rate_limits_actor, actors::rate_limits_state>(
           rate_limits_, actors::rate_limits, settings),
       login_guard_spec()});
}

child_spec application::login_guard_spec() {
  actors::login_rules rules;
  rules.pair.free = settings_.login_free_failures;
  child_spec out;
  out.record = login_guard_;
  out.start = [rules](caf::actor_system& sys, const child_ptr& me) {
    return spawn_function<login_guard_actor, actors::login_guard_state>(
        sys, me, nullptr, actors::login_guard, me, rules);
  };
  return out;
}

/// Blocks in its file's disk: it has a thread of its own.
child_spec application::sync_spec() {
  actors::schedule_sync_settings settings;
  settings.enabled = settings_.schedule_sync_enabled;
  settings.file = settings_.schedule_config_path;
  settings.tasks = [x = tasks_] { return x->as<task_repository_actor>(); };
  settings.conflicts
      = [x = conflicts_] { return x->as<conflict_repository_actor>(); };
  settings.events = [x = events_] { return x->as<event_repository_actor>(); };
  child_spec out;
  out.record = sync_;
  out.start = [settings](caf::actor_system& sys, const child_ptr& me) {
    return spawn_function<schedule_sync_actor, actors::schedule_sync_state,
                          caf::detached>(sys, me, nullptr,
                                         actors::schedule_sync, settings);
  };
  return out;
}

void application::connect(net::services& edge) const {
  edge.tasks = [x = tasks_] { return x->as<task_repository_actor>(); };
  edge.projects = [x = projects_] { return x->as<project_repository_actor>(); };
  edge.agents = [x = agents_] { return x->as<agent_repository_actor>(); };
  edge.executions
      = [x = executions_] { return x->as<execution_repository_actor>(); };
  edge.audit = [x = audit_] { return x->as<audit_repository_actor>(); };
  edge.memory = [x = memory_] { return x->as<memory_repository_actor>(); };
  edge.conflicts
      = [x = conflicts_] { return x->as<conflict_repository_actor>(); };
  edge.sync = [x = sync_] { return x->as<schedule_sync_actor>(); };
  edge.users = [x = users_] { return x->as<user_repository_actor>(); };
  edge.tokens = [x = tokens_] { return x->as<token_repository_actor>(); };
  edge.passwords = [x = passwords_] { return x->as<passwords_actor>(); };
  edge.login_guard = [x = login_guard_] { return x->as<login_guard_actor>(); };
  edge.pruned = pruned_;
  edge.limits = [x = rate_limits_] { return x->as<rate_limits_actor>(); };
  edge.database = [x = store_] { return x->as<store_status_actor>(); };
  edge.user_generation = generation_;
  edge.stream = stream_;
  connect_realtime(edge);
}

std::string application::tree_json(net::runtime& loops) const {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  writer.Key("loops");
  writer.StartArray();
  for (auto& loop : loops.loops()) {
    auto gauge = loop->gauge();
    writer.StartObject();
    writer.Key("index");
    writer.Uint64(loop->index());
    writer.Key("jobs");
    writer.Uint64(gauge.jobs);
    writer.Key("blocked");
    writer.Uint64(gauge.blocked);
    writer.Key("worst_ms");
    writer.Int64(gauge.worst_ms);
    writer.Key("held_ms");
    writer.Int64(gauge.held_ms);
    writer.Key("held_by");
    writer.String(gauge.held_by);
    writer.Key("last_blocked_by");
    writer.String(gauge.last_blocked_by);
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("tree");
  write_tree(writer, *root_);
  writer.EndObject();
  return out;
}

bool application::has_abandoned() const { return any_abandoned(*root_); }

} // namespace callboard
