// What the edge talks to, by name, and how it is set.
#pragma once

#include "net/metrics.hpp"
#include "net/router.hpp"
#include "net/ws_places.hpp"
#include "protocols/child.hpp"
#include "protocols/cidr.hpp"
#include "protocols/messages.hpp"
#include "protocols/realtime.hpp"
#include "protocols/signing_keys.hpp"
#include "protocols/supervised.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace callboard::net {

/// Counted by one thread, read by any.
class loop_count {
public:
  void add(uint64_t n) { value_.store(load() + n, std::memory_order_relaxed); }
  uint64_t load() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<uint64_t> value_{0};
};

/// What the WebSockets of one loop did since the start [count]. Loops share no
/// line of memory that each frame writes.
struct alignas(64) ws_counters {
  loop_count opened;
  loop_count texts_in;
  loop_count frames_out;
  loop_count writes;     ///< calls that sent them
  loop_count overflowed; ///< closed, for too much waited
  loop_count too_fast;   ///< closed, for they sent too much
};

/// Limits of WebSockets (websocket.md section 2).
struct ws_limits {
  size_t message = 1 << 20; ///< of a client [bytes]
  int64_t rate = 20;        ///< messages of one client [1/s]
  int64_t burst = 40;       ///< messages at once [count]
  int64_t total = 50'000;   ///< open at once [count]
  int64_t per_address = 0;  ///< open at once [count]; 0: any number
  std::chrono::milliseconds start{5000}; ///< of the session actor
  std::chrono::milliseconds close{5000}; ///< for the client's goodbye
};

struct edge_settings {
  std::string app_name;
  std::string environment = "development";
  signing_keys keys{std::string{}};
  std::chrono::minutes access_lifetime{60};
  std::chrono::hours refresh_lifetime{7 * 24};
  int64_t single_user = 0;   ///< who asks `/api` without a token; 0: nobody
  bool login_backoff = true; ///< failed logins make the next ones wait
  bool rate_limit = true;
  bool rate_limit_ws = false; ///< counts handshakes of WebSockets
  std::vector<cidr> rate_limit_exempt;
  std::vector<cidr> trusted_proxies;
  std::vector<std::string> cors_origins; ///< whose pages may call
  bool check_host = false; ///< refuse what `allowed_hosts` does not name
  std::vector<std::string> allowed_hosts; ///< names, or `*.example.com`
  bool trust_request_id = false;
  int64_t max_in_flight = 1024;             ///< requests [count]
  std::chrono::milliseconds deadline{5000}; ///< of the actors behind
  bool access_log = true;
  int64_t workers = 1;
  ws_limits ws;
  std::string static_dir; ///< folder of a built frontend; empty: none

  bool production() const { return environment == "production"; }
};

struct loop_gauge;

/// Everything the loops share. Immutable while they run, but for the atomics.
struct services {
  edge_settings settings;
  router table;
  std::string document; ///< the API document, JSON
  // Looked up at each send, so that a restart leaves no stale handle.
  std::function<task_repository_actor()> tasks;
  std::function<project_repository_actor()> projects;
  std::function<agent_repository_actor()> agents;
  std::function<execution_repository_actor()> executions;
  std::function<audit_repository_actor()> audit;
  std::function<memory_repository_actor()> memory;
  std::function<conflict_repository_actor()> conflicts;
  std::function<schedule_sync_actor()> sync;
  std::function<user_repository_actor()> users;
  std::function<token_repository_actor()> tokens;
  std::function<passwords_actor()> passwords;
  std::function<login_guard_actor()> login_guard;
  std::function<rate_limits_actor()> limits;
  std::function<store_status_actor()> database;
  /// Whose children the sessions of a loop are, one per loop; and what makes
  /// such a child, at home on `home` (null: anywhere).
  std::vector<std::function<dynamic_supervisor_actor()>> ws_sessions;
  std::function<caf::actor(caf::actor_system&, const child_ptr&,
                           caf::execution_unit* home, session_start)>
      make_ws_session;
  std::function<std::string()> tree; ///< JSON of the supervision tree
  child_ptr root;                    ///< of that tree
  std::function<std::vector<loop_gauge>()> loops; ///< one per loop, in order
  std::function<uint64_t()> refused_connections;  ///< since the start
  request_metrics metrics;
  ws_places_ptr ws_open = std::make_shared<ws_places>();
  std::vector<ws_counters> ws_counts; ///< one per loop
  std::shared_ptr<std::atomic<uint64_t>> user_generation;
  retention_counts_ptr pruned;
  std::atomic<bool> draining{false};
  std::atomic<int64_t> in_flight{0};
  /// Open connections; outlives the services, for the last of them does.
  std::shared_ptr<std::atomic<int64_t>> connections
      = std::make_shared<std::atomic<int64_t>>(0);
  std::chrono::steady_clock::time_point started
      = std::chrono::steady_clock::now();
  stream_mark_ptr stream; ///< null: answers tell no position
  std::function<presence_actor()> presence;
};

} // namespace callboard::net
