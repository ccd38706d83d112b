#include "actors/ws_session.hpp"

#include "actors/monotonic.hpp"
#include "actors/ws_authentication.hpp"
#include "actors/ws_replay.hpp"
#include "protocols/error.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = ws_session_pointer;

constexpr size_t max_held = 64;    // messages before the first ack
constexpr auto pause = 250ms;      // between attempts
constexpr int64_t look_ms = 1'000; // between looks for credentials
constexpr int64_t soon_ms = 6'000; // longer than a round of the hub's sweeps

/// The members that tell how a resume went, with a comma before.
std::string members(const resume_result& x) {
  std::string out = ",\"resumed\":";
  out += x.resumed ? "true" : "false";
  out += ",\"replayed\":" + std::to_string(x.replayed);
  if (x.gap)
    out += ",\"gap\":true";
  return out;
}

void subscribe(self_pointer self, const client_message& x) {
  auto& state = self->state;
  flush(self);
  state.wanted.apply(x);
  read_anew(self); // under the new filters
  auto acks = [self, id = x.event_id](const std::string& more) {
    auto& now = self->state;
    send(self, ack_frame(last_event_id(now), id,
                         '{' + now.wanted.members() + more + '}'));
  };
  if (!x.since) {
    acks({});
    return pump(self);
  }
  resume(self, *x.since,
         [acks](const resume_result& result) { acks(members(result)); });
}

/// May be said before anybody knows who says it.
bool is_trivial(said x) {
  return x == said::ping || x == said::pong || x == said::ack;
}

void obey(self_pointer self, const client_message& x) {
  auto& state = self->state;
  switch (x.what) {
  case said::ping:
    return send(self, pong_frame(last_event_id(state)));
  case said::pong:
  case said::ack:
    return; // the socket has noted that it was heard
  case said::authenticate:
    return authenticate(self, x);
  case said::subscribe:
  case said::unsubscribe:
    return subscribe(self, x);
  case said::other:
    std::string data = "{\"received_type\":";
    append_quoted(data, x.type);
    return send(self, ack_frame(last_event_id(state), x.event_id, data + '}'));
  }
}

void take(self_pointer self, const std::string& text) {
  auto& state = self->state;
  if (state.stage == session_stage::closed)
    return;
  if (state.start.kind == session_kind::sync && text == "ping")
    return send(self, sync_pong_frame());
  auto x = read_client_message(text);
  if (!x)
    return send(self, error_frame(last_event_id(state),
                                  "Invalid message format", detail(x.error())));
  if (is_trivial(x->what))
    return obey(self, *x);
  if (state.stage == session_stage::nobody) {
    if (x->what == said::authenticate)
      return authenticate(self, *x);
    return send(self, error_frame({}, "Not authenticated"));
  }
  if (joined(state))
    return obey(self, *x);
  if (state.held.size() >= max_held)
    return send(self, error_frame(last_event_id(state), "Too many messages"));
  state.held.push_back(std::move(*x));
}

/// Nobody sweeps a session before it has joined a hub.
void wait_for_login(self_pointer self) {
  auto& state = self->state;
  auto left = state.began_at + state.settings->login_time.count()
              - monotonic_ms(self);
  if (left <= 0)
    return close(self, close_code::policy, "Authentication failed");
  self->delayed_send(self, std::chrono::milliseconds{std::min(left, look_ms)},
                     atom::retry_v);
}

void retry(self_pointer self) {
  auto& state = self->state;
  if (state.stage == session_stage::nobody)
    return wait_for_login(self);
  if (!std::exchange(state.retrying, false))
    return; // the look for credentials that came
  switch (state.stage) {
  case session_stage::joining:
    return join(self);
  case session_stage::counting:
    return count_on(self);
  case session_stage::replaying:
    return pump(self);
  default:
    return;
  }
}

/// True if the token has ended.
bool expired(self_pointer self, int64_t now) {
  auto& state = self->state;
  auto end = state.me.expires_at;
  if (end == 0)
    return false;
  if (now >= end)
    return true;
  // To the point, not with the next sweep.
  if (end - now < soon_ms && !std::exchange(state.expiry_timed, true))
    self->delayed_send(self, std::chrono::milliseconds{end - now},
                       atom::sweep_v, int64_t{0});
  return false;
}

void beat(self_pointer self, int64_t now) {
  auto& state = self->state;
  if (now - state.pinged_at < state.settings->heartbeat_interval.count())
    return;
  state.pinged_at = now;
  if (state.start.kind == session_kind::main && joined(state))
    send(self, ping_frame(last_event_id(state)));
  state.start.socket->ping();
}

void sweep(self_pointer self, int64_t delivered) {
  auto& state = self->state;
  if (state.stage == session_stage::closed)
    return;
  if (state.stage == session_stage::live)
    state.seen = std::max(state.seen, delivered);
  auto now = monotonic_ms(self);
  if (expired(self, now)) {
    send(self, error_frame(last_event_id(state), "Token expired"));
    return close(self, close_code::policy, "Token expired");
  }
  auto heard = std::max(state.start.socket->heard_at(), state.began_at);
  if (now - heard >= state.settings->heartbeat_timeout.count())
    return close(self, close_code::silent, "Heartbeat timeout");
  beat(self, now);
}

} // namespace

std::string last_event_id(const ws_session_state& x) {
  if (x.epoch.empty())
    return {};
  return to_text({x.epoch, x.batch.empty() ? x.seen : x.batch_from});
}

void send(self_pointer self, frame_ptr x) {
  if (self->state.stage != session_stage::closed)
    self->state.start.socket->send(std::move(x));
}

void close(self_pointer self, close_code code, std::string_view reason) {
  auto& state = self->state;
  if (state.stage == session_stage::closed)
    return;
  flush(self);
  state.stage = session_stage::closed;
  state.start.socket->close(code, reason);
  self->quit();
}

void try_later(self_pointer self) {
  auto& state = self->state;
  if (++state.attempts > state.settings->max_attempts)
    return close(self, close_code::overloaded, "Service unavailable");
  if (!std::exchange(state.retrying, true))
    self->delayed_send(self, pause, atom::retry_v);
}

bool joined(const ws_session_state& x) {
  return x.stage == session_stage::replaying || x.stage == session_stage::live;
}

void take_held(self_pointer self) {
  auto& state = self->state;
  while (joined(state) && !state.held.empty()) {
    auto x = std::move(state.held.front());
    state.held.pop_front();
    obey(self, x);
  }
}

ws_session_actor::behavior_type ws_session(self_pointer self,
                                           ws_session_settings_ptr settings,
                                           session_start start) {
  auto& state = self->state;
  state.settings = std::move(settings);
  state.start = std::move(start);
  state.began_at = state.pinged_at = monotonic_ms(self);
  begin(self);
  if (state.stage == session_stage::nobody)
    wait_for_login(self);
  return {
      [self](atom::text, const std::string& text) { take(self, text); },
      [self](atom::deliver, const encoded_events_ptr& list) {
        deliver(self, *list);
      },
      [self](atom::stop, close_code code, const std::string& reason) {
        close(self, code, reason);
      },
      [self](atom::stop) {
        self->state.stage = session_stage::closed;
        self->quit();
      },
      [self](atom::sweep, int64_t delivered) { sweep(self, delivered); },
      [self](atom::replay, const stream_position& at) { catch_up(self, at); },
      [self](atom::touch) { pump(self); },
      [self](atom::retry) { retry(self); },
      [self](atom::notice) {
        self->state.batch_timed = false;
        flush(self);
      },
  };
}

} // namespace callboard::actors
