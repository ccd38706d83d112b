// `GET /metrics`: numbers for Prometheus.
#include "net/event_loop.hpp"
#include "net/exchange.hpp"
#include "net/process_numbers.hpp"
#include "net/routes.hpp"
#include "protocols/child.hpp"

namespace callboard::net {

namespace {

/// More children than a supervisor of named ones has.
constexpr size_t all_children = 100;

void put_requests(exposition& out, const services& server) {
  server.metrics.write(out, server.table);
  out.family("callboard_http_requests_in_flight", "gauge",
             "Requests that are being answered, probes left out.")
      .sample(server.in_flight.load());
  out.family("callboard_connections", "gauge", "Open connections.")
      .sample(server.connections->load());
  out.family("callboard_refused_total", "counter",
             "Connections and requests that were refused, by what was full.")
      .sample(server.refused_connections(), {{"reason", "connections"}})
      .sample(server.metrics.refused(refusal_kind::in_flight),
              {{"reason", "in_flight"}})
      .sample(server.metrics.refused(refusal_kind::rate_limit),
              {{"reason", "rate_limit"}});
}

void put_websockets(exposition& out, const services& server) {
  auto of_all = [&](loop_count ws_counters::*x) {
    uint64_t sum = 0;
    for (auto& loop : server.ws_counts)
      sum += (loop.*x).load();
    return sum;
  };
  auto total = [&](std::string_view name, std::string_view about,
                   loop_count ws_counters::*x) {
    out.family(name, "counter", about).sample(of_all(x));
  };
  out.family("callboard_websockets", "gauge", "Open WebSockets.")
      .sample(server.ws_open->taken());
  total("callboard_websockets_opened_total",
        "WebSockets that were opened since the start.", &ws_counters::opened);
  total("callboard_websocket_texts_total", "Messages that clients sent.",
        &ws_counters::texts_in);
  total("callboard_websocket_frames_total", "Frames that were sent to clients.",
        &ws_counters::frames_out);
  total("callboard_websocket_writes_total",
        "Calls to the system that sent them.", &ws_counters::writes);
  out.family("callboard_websockets_dropped_total", "counter",
             "WebSockets that were closed, by what the client did.")
      .sample(of_all(&ws_counters::overflowed), {{"reason", "too_slow"}})
      .sample(of_all(&ws_counters::too_fast), {{"reason", "too_fast"}});
}

void put_loops(exposition& out, const std::vector<loop_gauge>& loops) {
  auto each = [&](auto value) {
    for (size_t i = 0; i < loops.size(); ++i)
      out.sample(value(loops[i]), {{"loop", std::to_string(i)}});
  };
  auto seconds = [](int64_t ms) { return static_cast<double>(ms) / 1000; };
  out.family("callboard_loop_jobs_total", "counter",
             "Actors that an event loop has resumed.");
  each([](auto& x) { return x.jobs; });
  out.family("callboard_loop_gave_way_total", "counter",
             "Times that a crowded event loop gave way before it slept.");
  each([](auto& x) { return x.gave_way; });
  out.family("callboard_loop_blocked_total", "counter",
             "Times that an event loop was held for over 50 ms.");
  each([](auto& x) { return x.blocked; });
  out.family("callboard_loop_blocked_worst_seconds", "gauge",
             "The longest of these times.");
  each([&](auto& x) { return seconds(x.worst_ms); });
  out.family("callboard_loop_held_seconds", "gauge",
             "How long the present job has been running.");
  each([&](auto& x) { return seconds(x.held_ms); });
}

/// The places below a supervisor whose children have names of their own.
/// Children that come and go (`dynamic`) are counted only.
void collect(const child_ptr& x, std::vector<child_ptr>& named) {
  named.push_back(x);
  if (x->supervises() == strategy::dynamic)
    return;
  for (auto& y : x->children(all_children))
    collect(y, named);
}

void put_actors(exposition& out, const child_ptr& root) {
  std::vector<child_ptr> named;
  collect(root, named);
  auto each = [&](auto value) {
    for (auto& x : named)
      out.sample(value(*x), {{"actor", x->id()}});
  };
  out.family("callboard_actor_running", "gauge",
             "1 while an incarnation of the actor runs.");
  each([](auto& x) { return int64_t{x.state() == child_state::running}; });
  out.family("callboard_actor_restarts_total", "counter",
             "How often the actor was started again.");
  each([](auto& x) { return x.restarts(); });
  out.family("callboard_actor_messages_total", "counter",
             "Messages that the actor has taken.");
  each([](auto& x) { return x.messages(); });
  out.family("callboard_actor_backlog", "gauge",
             "Messages that wait for the actor.");
  each([](auto& x) { return x.backlog(); });
  out.family("callboard_supervisor_children", "gauge",
             "Children that a supervisor has.");
  for (auto& x : named)
    if (x->supervises())
      out.sample(uint64_t{x->child_count()}, {{"supervisor", x->id()}});
}

void put_database(exposition& out, const database_status& x) {
  out.family("callboard_database_up", "gauge", "1 while the database answers.")
      .sample(int64_t{x.connected});
  out.family("callboard_database_connections", "gauge",
             "Connections to the database.")
      .sample(x.connections);
  out.family("callboard_database_connections_busy", "gauge",
             "Those of them that work.")
      .sample(x.busy);
  out.family("callboard_database_jobs_waiting", "gauge",
             "Batches that wait for a connection.")
      .sample(x.waiting);
}

void put_retention(exposition& out, const retention_counts& removed) {
  out.family("callboard_pruned_rows_total", "counter",
             "Rows that retention has removed.");
  for (size_t i = 0; i < removed.size(); ++i)
    out.sample(removed[i].load(), {{"table", enum_names<kept_rows>[i]}});
}

/// Named as Prometheus' own clients name them.
void put_process(exposition& out) {
  auto x = read_process_numbers();
  out.family("process_resident_memory_bytes", "gauge",
             "Resident memory size in bytes.")
      .sample(x.resident);
  out.family("process_cpu_seconds_total", "counter",
             "Total user and system CPU time spent in seconds.")
      .sample(x.cpu_seconds);
  out.family("process_open_fds", "gauge", "Number of open file descriptors.")
      .sample(x.descriptors);
  out.family("process_max_fds", "gauge",
             "Maximum number of open file descriptors.")
      .sample(x.max_descriptors);
  out.family("process_start_time_seconds", "gauge",
             "Start time of the process since the Unix epoch in seconds.")
      .sample(x.start_time);
}

void send_metrics(const exchange_ptr& x, const database_status& database) {
  auto& server = x->server();
  exposition out;
  out.family("callboard_build_info", "gauge", "The version that runs.")
      .sample(int64_t{1}, {{"version", CALLBOARD_VERSION}});
  put_requests(out, server);
  put_websockets(out, server);
  put_loops(out, server.loops());
  put_actors(out, server.root);
  put_database(out, database);
  put_retention(out, *server.pruned);
  put_process(out);
  x->send(200, out.done(), exposition_type);
}

/// A store that does not answer is one that is not connected.
void show_metrics(const exchange_ptr& x) {
  x->try_ask<database_status>(
      x->server().database(),
      [x](caf::expected<database_status> status) {
        send_metrics(x, status ? *status : database_status{});
      },
      atom::status_v);
}

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/metrics",
     .handle = show_metrics,
     .who = access::local,
     .limit = bucket::none,
     .id = "getMetrics",
     .about = "Shows numbers of the process in Prometheus' text format",
     .gives = {{200, nullptr, "text/plain"}}},
};

} // namespace

std::span<const route> metrics_routes() { return table; }

} // namespace callboard::net
