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
      .put("websocket",
           server.presence && server.presence() ? "active" : "unavailable");
}

/// What `put_health` puts.
object_schema health_members() {
  object_schema out;
  out.put("status", choice_of({"healthy", "degraded"}))
      .put("timestamp", an_instant)
      .put("database", choice_of({"connected", "disconnected"}))
      .put("memory_mcp", choice_of({"available", "degraded", "timeout",
                                    "unavailable", "error", "disabled"}))
      .put("version", a_text)
      .put("uptime", a_number)
      .put("redis", choice_of({"connected", "disconnected", "disabled"}))
      .put("websocket", choice_of({"active", "unavailable"}));
  return out;
}

constexpr schema health_schema{
    "Health", [](schema_book&) { return health_members().done(); }};

constexpr schema index_schema{"ServiceInfo", [](schema_book&) {
                                return object_schema{}
                                    .put("message", a_text)
                                    .put("version", a_text)
                                    .put("docs", a_text)
                                    .put("health", a_text)
                                    .done();
                              }};

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

constexpr schema detailed_health_schema{
    "HealthDetailed", [](schema_book&) {
      auto pool = object_schema{}
                      .put("dialect", choice_of({"sqlite", "postgresql"}))
                      .put("connections", a_count)
                      .put("busy", a_count)
                      .put("waiting", a_count)
                      .done();
      return health_members()
          .put("uptime_seconds", a_number)
          .put("environment",
               choice_of({"development", "staging", "production"}))
          .put("workers", a_count)
          .put("connections", a_count)
          .put("requests_in_flight", a_count)
          .put("database_pool", pool)
          .done();
    }};

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

constexpr schema ready_schema{"Ready", [](schema_book&) {
                                return object_schema{}
                                    .put("ready", a_boolean)
                                    .put("timestamp", an_instant)
                                    .done();
                              }};

constexpr schema not_ready_schema{
    "NotReady", [](schema_book&) {
      return object_schema{}
          .put("ready", a_boolean)
          .put("reason", choice_of({"shutting_down", "database_unavailable"}))
          .done();
    }};

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

constexpr schema alive_schema{"Alive", [](schema_book&) {
                                return object_schema{}
                                    .put("alive", a_boolean)
                                    .put("timestamp", an_instant)
                                    .done();
                              }};

constexpr route health_route{.method = verb::get,
                             .pattern = "/api/v1/health",
                             .handle = health,
                             .who = access::open,
                             .limit = bucket::none,
                             .id = "getHealth",
                             .about = "Says how the service is",
                             .gives = {{200, &health_schema}}};

/// Docker and the validation scripts ask here.
constexpr route health_alias() {
  auto out = same_as(health_route, verb::get, "getHealthAlias");
  out.pattern = "/health";
  return out;
}

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/",
     .handle = index,
     .who = access::open,
     .limit = bucket::none,
     .id = "getRoot",
     .about = "Names the service; a browser gets the frontend of STATIC_DIR",
     .gives = {{200, &index_schema}}},
    health_alias(),
    health_route,
    {.method = verb::get,
     .pattern = "/api/v1/health/detailed",
     .handle = detailed_health,
     .who = access::open,
     .limit = bucket::none,
     .id = "getHealthDetailed",
     .about = "The same with the database's connections and the load",
     .gives = {{200, &detailed_health_schema}}},
    {.method = verb::get,
     .pattern = "/api/v1/readiness",
     .handle = readiness,
     .who = access::open,
     .limit = bucket::none,
     .id = "getReadiness",
     .about = "Says whether requests should be sent here",
     .gives = {{200, &ready_schema}, {503, &not_ready_schema}}},
    {.method = verb::get,
     .pattern = "/api/v1/liveness",
     .handle = liveness,
     .who = access::open,
     .limit = bucket::none,
     .id = "getLiveness",
     .about = "Says that the process serves, without asking anything else",
     .gives = {{200, &alive_schema}}},
};

} // namespace

std::span<const route> health_routes() { return table; }

} // namespace callboard::net
