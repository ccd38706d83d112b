// Who is connected over a WebSocket (rest-api section 10).
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

constexpr std::string_view name_of(session_kind x) {
  return x == session_kind::sync ? "/ws/sync" : "/ws";
}

/// No answer counts as nobody.
void websocket_health(const exchange_ptr& x) {
  x->try_ask<connection_counts>(
      x->server().presence(),
      [x](caf::expected<connection_counts> answer) {
        auto counts = answer ? *answer : connection_counts{};
        x->send(200, json_object{}
                         .put("status", answer ? "healthy" : "degraded")
                         .put("timestamp", now())
                         .put_raw("connections", json_object{}
                                                     .put("total", counts.total)
                                                     .put("local", counts.total)
                                                     .put("alive", counts.alive)
                                                     .put("dead", counts.dead)
                                                     .done())
                         .put_raw("redis", json_object{}
                                               .put("connected", false)
                                               .put("pubsub_connected", false)
                                               .done())
                         .done());
      },
      atom::status_v);
}

std::string presence_json(const presence_entry& x) {
  auto user = x.user_id == 0 ? std::nullopt : std::optional{x.user_id};
  return json_object{}
      .put("connection_id", x.connection_id)
      .put("user_id", user)
      .put("username", x.username)
      .put("address", x.address)
      .put("user_agent", x.user_agent)
      .put("connected_at", x.since)
      .put("endpoint", name_of(x.kind))
      .done();
}

void list_presence(const exchange_ptr& x) {
  x->ask<presence_list>(
      x->server().presence(),
      [x](const presence_list& found) {
        x->send(200,
                json_object{}
                    .put_raw("connections", json_array(found, presence_json))
                    .put("total", static_cast<int64_t>(found.size()))
                    .done());
      },
      atom::list_v, x->caller());
}

constexpr schema health_schema{
    "WebSocketHealth", [](schema_book&) {
      auto connections = object_schema{}
                             .put("total", a_count)
                             .put("local", a_count)
                             .put("alive", a_count)
                             .put("dead", a_count)
                             .done();
      auto redis = object_schema{}
                       .put("connected", a_boolean)
                       .put("pubsub_connected", a_boolean)
                       .done();
      return object_schema{}
          .put("status", choice_of({"healthy", "degraded"}))
          .put("timestamp", an_instant)
          .put("connections", connections)
          .put("redis", redis)
          .done();
    }};

constexpr schema presence_schema{
    "Presence", [](schema_book&) {
      auto connection = object_schema{}
                            .put("connection_id", a_text)
                            .put("user_id", or_null(an_integer))
                            .put("username", a_text)
                            .put("address", a_text)
                            .put("user_agent", a_text)
                            .put("connected_at", an_instant)
                            .put("endpoint", choice_of({"/ws", "/ws/sync"}))
                            .done();
      return object_schema{}
          .put("connections", array_of(connection))
          .put("total", a_count)
          .done();
    }};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/ws/health",
     .handle = websocket_health,
     .who = access::open,
     .limit = bucket::none,
     .id = "getWebSocketHealth",
     .about = "Counts the WebSockets of this process",
     .gives = {{200, &health_schema}}},
    {.method = verb::get,
     .pattern = "/api/v1/presence",
     .handle = list_presence,
     .id = "listPresence",
     .about = "Lists the open WebSockets: an admin's answer has all of them",
     .gives = {{200, &presence_schema}}},
};

} // namespace

std::span<const route> realtime_routes() { return table; }

} // namespace callboard::net
