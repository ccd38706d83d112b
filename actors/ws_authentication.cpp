#include "actors/ws_authentication.hpp"

#include "actors/monotonic.hpp"
#include "actors/ws_replay.hpp"
#include "protocols/error.hpp"
#include "protocols/jwt.hpp"

#include <algorithm>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = ws_session_pointer;

constexpr std::string_view failed = "Authentication failed";

/// The first credentials were bad, or a fresh token was.
void refuse(self_pointer self, const char* why) {
  auto& state = self->state;
  if (!std::exchange(state.renewing, false))
    return close(self, close_code::policy, failed);
  state.revoked.clear();
  send(self, error_frame(last_event_id(state), failed, why));
}

/// Another role is another audience: such a session begins anew, as one does
/// whose fresh token was revoked while it was checked.
void renewed(self_pointer self, ws_identity fresh, const std::string& id) {
  auto& state = self->state;
  state.renewing = false;
  auto heard = std::exchange(state.revoked, {});
  auto revoked = std::any_of(heard.begin(), heard.end(),
                             [&](auto& x) { return ends(x, fresh.who); });
  if (revoked || fresh.who.admin != state.me.who.admin)
    return close(self, close_code::policy, failed);
  state.me = std::move(fresh);
  state.expiry_timed = false;
  send(self, ack_frame(last_event_id(state), id,
                       "{\"user_id\":\"" + std::to_string(state.me.who.user_id)
                           + "\",\"renewed\":true}"));
}

void accept(self_pointer self, ws_identity fresh, const user& row,
            const std::string& id) {
  auto& state = self->state;
  if (!row.is_active)
    return refuse(self, "User account is inactive");
  fresh.username = row.username;
  fresh.who.admin = row.as == role::admin;
  fresh.who.kind = state.start.kind;
  if (fresh.who.kind == session_kind::sync && !fresh.who.admin)
    return refuse(self, "For admins alone");
  if (state.renewing)
    return renewed(self, std::move(fresh), id);
  state.me = std::move(fresh);
  state.stage = session_stage::joining;
  state.attempts = 0;
  join(self);
}

/// What the stream says behind this, a look-up may not have seen.
void mark_place(ws_session_state& state) {
  state.vetted = state.settings->mark->committed.load();
}

/// Asks for the row of the user.
void look_up(self_pointer self, ws_identity fresh, const std::string& id) {
  auto& state = self->state;
  if (!state.renewing)
    mark_place(state);
  auto users = state.settings->users();
  auto unknown = [self](const caf::error& why) {
    if (self->state.stage == session_stage::closed)
      return;
    if (classify(why) == errc::not_found)
      return refuse(self, "User not found");
    if (self->state.renewing)
      return refuse(self, "Service unavailable");
    close(self, close_code::overloaded, "Service unavailable");
  };
  if (!users)
    return unknown(caf::make_error(errc::unavailable, std::string{}));
  auto ctx = state.start.who;
  ctx.deadline = deadline_in(5s);
  auto who = ctx.user_id = fresh.who.user_id;
  self->request(users, caf::infinite, atom::fetch_v, ctx, who)
      .then(
          [self, fresh = std::move(fresh), id](const user& row) {
            if (self->state.stage != session_stage::closed)
              accept(self, fresh, row, id);
          },
          unknown);
}

/// Nothing if the token is bad.
std::optional<ws_identity> identity_of(self_pointer self,
                                       const std::string& token) {
  auto wall = now().ms;
  auto found = verify_jwt(self->state.settings->keys, token, wall / 1000,
                          token_type::access);
  if (!found)
    return std::nullopt;
  ws_identity out;
  out.who.user_id = found->user_id;
  out.who.family = found->jti;
  out.expires_at = monotonic_ms(self) + found->exp * 1000 - wall;
  return out;
}

void check(self_pointer self, const std::string& token, const std::string& id) {
  auto fresh = identity_of(self, token);
  if (!fresh)
    return refuse(self, "Invalid or expired token");
  if (self->state.renewing && fresh->who.user_id != self->state.me.who.user_id)
    return refuse(self, "The token is of another user");
  if (!self->state.renewing)
    self->state.stage = session_stage::checking;
  look_up(self, std::move(*fresh), id);
}

void join_hub(self_pointer self) {
  auto& state = self->state;
  auto hub = state.settings->hub();
  if (!hub)
    return try_later(self);
  self->request(hub, caf::infinite, atom::join_v,
                caf::actor_cast<caf::actor>(self), state.me.who)
      .then(
          [self](const stream_position& at) {
            if (self->state.stage == session_stage::joining)
              hub_joined(self, at);
          },
          [self](const caf::error&) {
            if (self->state.stage == session_stage::joining)
              try_later(self);
          });
}

presence_entry entry_of(const ws_session_state& x) {
  presence_entry out;
  out.connection_id = x.start.connection_id;
  out.user_id = x.me.who.user_id;
  out.username = x.me.username;
  out.address = x.start.who.address;
  out.user_agent = x.start.who.user_agent;
  out.since = now();
  out.kind = x.start.kind;
  return out;
}

} // namespace

void join(self_pointer self) {
  auto& state = self->state;
  if (state.present)
    return join_hub(self);
  auto presence = state.settings->presence();
  if (!presence)
    return try_later(self);
  self->request(presence, caf::infinite, atom::join_v,
                caf::actor_cast<caf::actor>(self), entry_of(state))
      .then(
          [self](const std::string& id) {
            if (self->state.stage != session_stage::joining)
              return;
            self->state.start.connection_id = id;
            self->state.present = true;
            join_hub(self);
          },
          [self](const caf::error&) {
            if (self->state.stage == session_stage::joining)
              try_later(self);
          });
}

void begin(self_pointer self) {
  auto& state = self->state;
  auto token = std::exchange(state.start.token, {});
  if (!token.empty())
    return check(self, token, "null");
  if (state.settings->single_user != 0) {
    state.stage = session_stage::checking;
    ws_identity single;
    single.who.user_id = state.settings->single_user;
    return look_up(self, single, "null");
  }
  if (state.settings->allow_anonymous
      && state.start.kind == session_kind::main) {
    state.stage = session_stage::joining;
    mark_place(state);
    return join(self);
  }
}

void authenticate(self_pointer self, const client_message& x) {
  auto& state = self->state;
  if (state.stage == session_stage::nobody)
    return check(self, x.token, x.event_id);
  if (state.renewing)
    return send(self, error_frame(last_event_id(state),
                                  "A token is being checked already"));
  if (state.me.who.user_id != 0) {
    state.renewing = true;
    return check(self, x.token, x.event_id);
  }
  auto fresh = identity_of(self, x.token); // anonymous until now
  if (!fresh)
    return send(self, error_frame(last_event_id(state), failed,
                                  "Invalid or expired token"));
  flush(self);
  read_anew(self);
  state.present = false;
  state.stage = session_stage::checking;
  look_up(self, std::move(*fresh), x.event_id);
}

} // namespace callboard::actors
