// Service and health endpoints (rest-api section 3).
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

using std::chrono::steady_clock;

double uptime(const services& server) {
  auto up = steady_clock::now() - server.started;
  return std::chrono::duration<double>(up).count();
}

/// Asks the store how the database is; no answer counts as no connection.
template <class F>
void with_database(const exchange_ptr& x, F use) {
  x->try_ask<database_status>(
      x->server().database(),
      [x, use](caf::expected<database_status> status) {
        use(status ? *status : database_status{});
      },
      atom::status_v);
}

void put_health(json_object& out, const services& server,
                const database_status& database) {
  out.put("status", database.connected ? "healthy" : "degraded")
      .put("timestamp", now())
      .put("database", database.connected ? "connected" : "disconnected")
      .put("memory_mcp", "disabled")
      .put("version", CALLBOARD_VERSION)
      .put_number("uptime", uptime(server))
      .put("redis", "disabled")
      .put("websocket", "disabled");
}

void index(const exchange_ptr& x) {
  x->send(200, json_object{}
                   .put("message", x->server().settings.app_name + " API")
                   .put("version", CALLBOARD_VERSION)
                   .put("docs", "/api/docs")
                   .put("health", "/api/v1/health")
                   .done());
}

void health(const exchange_ptr& x) {
  with_database(x, [x](const database_status& database) {
    json_object out;
    put_health(out, x->server(), database);
    x->send(200, out.done());
  });
}

void detailed_health(const exchange_ptr& x) {
  with_database(x, [x](const database_status& database) {
    auto& server = x->server();
    json_object out;
    put_health(out, server, database);
    out.put_number("uptime_seconds", uptime(server))
        .put("environment", server.settings.environment)
        .put("workers", server.settings.workers)
        .put("connections", server.connections->load())
        .put("requests_in_flight", server.in_flight.load())
        .put_raw("database_pool",
                 json_object{}
                     .put("dialect", database.sqlite ? "sqlite" : "postgresql")
                     .put("connections", database.connections)
                     .put("busy", database.busy)
                     .put("waiting", database.waiting)
                     .done());
    x->send(200, out.done());
  });
}

void refuse_readiness(const exchange_ptr& x, const char* reason) {
  x->header("Retry-After", "1");
  x->send(503, json_object{}.put("ready", false).put("reason", reason).done());
}

void readiness(const exchange_ptr& x) {
  if (x->server().draining.load())
    return refuse_readiness(x, "shutting_down");
  with_database(x, [x](const database_status& database) {
    if (!database.connected)
      return refuse_readiness(x, "database_unavailable");
    x->send(200,
            json_object{}.put("ready", true).put("timestamp", now()).done());
  });
}

void liveness(const exchange_ptr& x) {
  x->send(200, json_object{}.put("alive", true).put("timestamp", now()).done());
}

constexpr route table[] = {
    {verb::get, "/", index, access::open, bucket::none},
    {verb::get, "/health", health, access::open, bucket::none},
    {verb::get, "/api/v1/health", health, access::open, bucket::none},
    {verb::get, "/api/v1/health/detailed", detailed_health, access::open,
     bucket::none},
    {verb::get, "/api/v1/readiness", readiness, access::open, bucket::none},
    {verb::get, "/api/v1/liveness", liveness, access::open, bucket::none},
};

} // namespace

std::span<const route> health_routes() { return table; }

} // namespace callboard::net
