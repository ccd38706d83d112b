// Where a request becomes a WebSocket (websocket.md sections 1 and 2).
#include "net/bearer.hpp"
#include "net/client_address.hpp"
#include "net/exchange.hpp"
#include "net/routes.hpp"
#include "net/ws_handshake.hpp"
#include "net/ws_stream.hpp"

namespace callboard::net {

namespace {

/// A place for it, or nothing after answering 429 or 503.
std::shared_ptr<ws_place> find_place(const exchange_ptr& x) {
  auto& shared = x->server();
  auto& limits = shared.settings.ws;
  if (shared.draining.load()) {
    x->fail(errc::unavailable, "Server shutting down");
    return nullptr;
  }
  auto [why, place] = shared.ws_open->take(rate_limit_key(x->caller().address),
                                           limits.total, limits.per_address);
  switch (why) {
  case no_place::none:
    return std::make_shared<ws_place>(std::move(place));
  case no_place::full:
    x->fail(errc::unavailable, "Too many WebSockets");
    return nullptr;
  case no_place::address_full:
    x->header("Retry-After", "1");
    x->fail(errc::too_many_requests, "Too many WebSockets of this address");
    return nullptr;
  }
  return nullptr;
}

/// Of the query, else of the head, else of the protocols.
std::string token_of(const exchange_ptr& x, offered_protocols& offered) {
  if (auto given = x->query().text("token"); !given.empty())
    return given;
  if (auto given = bearer_token(x->in()))
    return std::string{*given};
  return std::move(offered.token);
}

void refuse(const exchange_ptr& x, const caf::error& why) {
  if (classify(why) == errc::upgrade_required) {
    x->header("Upgrade", "websocket");
    x->header("Connection", "Upgrade");
    x->header("Sec-WebSocket-Version", "13");
  }
  x->fail(why);
}

void open(const exchange_ptr& x, session_kind kind) {
  if (auto err = check_handshake(x->in(), x->server().settings.cors_origins))
    return refuse(x, err);
  auto offered = read_protocols(x->in());
  auto what = std::make_shared<session_start>();
  what->who = x->caller();
  what->kind = kind;
  what->connection_id = x->query().text("connection_id");
  what->last_event_id = x->query().text("last_event_id");
  auto with_protocol = offered.bearer;
  what->token = token_of(x, offered);
  if (!x->query_is_good())
    return;
  auto place = find_place(x);
  if (!place)
    return;
  x->header("Upgrade", "websocket");
  x->header("Connection", "Upgrade");
  x->header("Sec-WebSocket-Accept",
            accept_of(x->in().find("sec-websocket-key")));
  if (with_protocol)
    x->header("Sec-WebSocket-Protocol", "bearer");
  x->hand_over([&shared = x->server(), &port = x->port(), what,
                place](taken_connection&& from) {
    std::make_shared<ws_stream>(std::move(from), shared, port,
                                std::move(*place))
        ->start(std::move(*what));
  });
}

constexpr parameter handshake_parameters[] = {
    text_in("token",
            "an access token; else of Authorization, or behind "
            "`bearer` in Sec-WebSocket-Protocol",
            4096),
    text_in("connection_id", "its former id, when it comes back", 64),
    text_in("last_event_id", "the last event it got: those behind it follow",
            64),
};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/ws",
     .handle = [](const exchange_ptr& x) { open(x, session_kind::main); },
     .who = access::handshake,
     .limit = bucket::ws,
     .answer = answers::secret,
     .id = "openWebSocket",
     .about = "Opens the stream of events",
     .query = {handshake_parameters},
     .gives = {{101}},
     .fails = {errc::bad_request, errc::forbidden, errc::upgrade_required,
               errc::too_many_requests}},
    {.method = verb::get,
     .pattern = "/ws/sync",
     .handle = [](const exchange_ptr& x) { open(x, session_kind::sync); },
     .who = access::handshake,
     .limit = bucket::ws,
     .answer = answers::secret,
     .id = "openSyncWebSocket",
     .about = "Opens the stream of the YAML file's events; admins",
     .query = {handshake_parameters},
     .gives = {{101}},
     .fails = {errc::bad_request, errc::forbidden, errc::upgrade_required,
               errc::too_many_requests}},
};

} // namespace

std::span<const route> ws_routes() { return table; }

} // namespace callboard::net
