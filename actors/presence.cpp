#include "actors/presence.hpp"

#include "actors/monotonic.hpp"
#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/log.hpp"
#include "protocols/owed.hpp"
#include "protocols/system_call.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = presence_pointer;

// -- connections --------------------------------------------------------------

void came(presence_registry& kept, const presence_entry& x) {
  if (x.user_id == 0)
    return;
  auto& user = kept.users[x.user_id];
  user.username = x.username;
  ++user.connections;
  kept.changed.insert(x.user_id);
}

void went(presence_registry& kept, const presence_entry& x, int64_t now) {
  auto user = kept.users.find(x.user_id);
  if (user == kept.users.end() || --user->second.connections > 0)
    return;
  user->second.gone_at = now;
  kept.changed.insert(x.user_id);
}

/// The session of `id` is gone, or is another one's from now on: the user
/// whose it was.
int64_t detach(presence_registry& kept, const std::string& id, int64_t now) {
  auto node = kept.connections.extract(id);
  auto& x = node.mapped();
  kept.ids.erase(x.session.id());
  went(kept, x.entry, now);
  return x.entry.user_id;
}

/// Whose the id is, or was a moment ago.
std::optional<int64_t> owner_of(const presence_registry& kept,
                                const std::string& id) {
  auto here = kept.connections.find(id);
  if (here != kept.connections.end())
    return here->second.entry.user_id;
  auto gone = kept.gone.find(id);
  if (gone != kept.gone.end())
    return gone->second.user_id;
  return std::nullopt;
}

/// The wished id if it is nobody else's. An anonymous one cannot prove that it
/// had it before.
std::string id_for(const presence_registry& kept, const presence_entry& x) {
  if (!is_uuid(x.connection_id))
    return uuid4();
  auto owner = owner_of(kept, x.connection_id);
  auto free = !owner || (x.user_id != 0 && *owner == x.user_id);
  return free ? x.connection_id : uuid4();
}

void replace(presence_registry& kept, const std::string& id, int64_t now) {
  kept.gone.erase(id);
  auto older = kept.connections.find(id);
  if (older == kept.connections.end())
    return;
  caf::anon_send(caf::actor_cast<ws_session_actor>(older->second.session),
                 atom::stop_v, close_code::replaced,
                 std::string{"Replaced by a newer connection"});
  detach(kept, id, now);
}

std::string join(self_pointer self, const caf::actor& session,
                 presence_entry entry) {
  auto& kept = *self->state.kept;
  auto now = monotonic_ms(self);
  auto before = kept.ids.find(session.id());
  if (before != kept.ids.end()) { // it has another user now
    auto id = before->second;
    detach(kept, id, now);
  } else {
    self->monitor(session);
  }
  auto id = id_for(kept, entry);
  replace(kept, id, now);
  entry.connection_id = id;
  came(kept, entry);
  kept.ids[session.id()] = id;
  kept.connections[id] = {std::move(entry), session};
  return id;
}

void lost(self_pointer self, const caf::actor_addr& who) {
  auto& kept = *self->state.kept;
  auto i = kept.ids.find(who.id());
  if (i == kept.ids.end())
    return; // another one has its place
  auto id = i->second;
  auto now = monotonic_ms(self);
  auto user_id = detach(kept, id, now);
  if (kept.gone.size() < self->state.settings.departures)
    kept.gone[id] = {user_id, now};
}

// -- announcements ------------------------------------------------------------

enum class news : uint8_t { none, joined, left };

struct plan {
  events rows;
  std::vector<std::pair<int64_t, news>> about; ///< row by row
};

/// Looks at who changed; keeps those who have to wait, or are announced now.
plan make_plan(presence_state& state, int64_t now) {
  plan out;
  auto& kept = *state.kept;
  for (auto i = kept.changed.begin();
       i != kept.changed.end() && out.rows.size() < state.settings.batch;) {
    auto user = kept.users.find(*i);
    if (user == kept.users.end()) {
      i = kept.changed.erase(i);
      continue;
    }
    auto& x = user->second;
    auto away = x.connections == 0;
    auto over = away && now - x.gone_at >= state.settings.grace.count();
    auto what = !away && !x.announced ? news::joined
                : over && x.announced ? news::left
                                      : news::none;
    if (what != news::none) {
      auto tell = what == news::joined ? presence_joined : presence_left;
      out.rows.push_back(tell(*i, x.username, callboard::now()));
      out.about.emplace_back(*i, what);
    }
    if (over && !x.announced)
      kept.users.erase(user); // came and went unseen
    if (what == news::none && (!away || over))
      i = kept.changed.erase(i);
    else
      ++i;
  }
  return out;
}

/// What was written; the next look settles the rest.
void settle(presence_registry& kept,
            const std::vector<std::pair<int64_t, news>>& about) {
  for (auto& [id, what] : about) {
    auto user = kept.users.find(id);
    if (user != kept.users.end())
      user->second.announced = what == news::joined;
  }
}

void announce(self_pointer self) {
  auto& state = self->state;
  if (state.writing)
    return;
  auto repository = state.settings.events();
  auto wanted = make_plan(state, monotonic_ms(self));
  if (!repository || wanted.rows.empty())
    return;
  state.writing = true;
  self->request(repository, caf::infinite, atom::create_v, system_call(5s),
                wanted.rows)
      .then(
          [self, about = wanted.about](int64_t) {
            self->state.writing = false;
            settle(*self->state.kept, about);
          },
          [self](const caf::error& why) {
            self->state.writing = false; // the next sweep tries again
            log::debug("presence", "nobody was told", {{"why", detail(why)}});
          });
}

void sweep(self_pointer self) {
  auto& state = self->state;
  auto end = monotonic_ms(self) - state.settings.grace.count();
  std::erase_if(state.kept->gone, [&](auto& x) { return x.second.at <= end; });
  announce(self);
  self->delayed_send(self, state.settings.sweep, atom::sweep_v);
}

// -- answers ------------------------------------------------------------------

presence_list list_for(const presence_registry& kept, const call& ctx) {
  presence_list out;
  for (auto& [id, connection] : kept.connections) {
    auto& x = connection.entry;
    if (ctx.is_admin() || (ctx.user_id != 0 && x.user_id == ctx.user_id))
      out.push_back(x);
  }
  std::sort(out.begin(), out.end(), [](auto& a, auto& b) {
    return std::pair{a.since.ms, a.connection_id}
           < std::pair{b.since.ms, b.connection_id};
  });
  return out;
}

connection_counts counts_of(const presence_registry& kept) {
  connection_counts out;
  out.alive = static_cast<int64_t>(kept.connections.size());
  out.dead = static_cast<int64_t>(kept.gone.size());
  out.total = out.alive + out.dead;
  return out;
}

/// Takes over what the last incarnation knew.
void adopt(self_pointer self, const child_ptr& me) {
  auto& state = self->state;
  auto kept = me->kept();
  if (!kept.match_elements<presence_registry_ptr>()) {
    state.kept = std::make_shared<presence_registry>();
    return me->keep(caf::make_message(state.kept));
  }
  state.kept = kept.get_as<presence_registry_ptr>(0);
  for (auto& [id, connection] : state.kept->connections)
    self->monitor(connection.session);
}

} // namespace

presence_actor::behavior_type presence(self_pointer self, const child_ptr& me,
                                       presence_settings settings) {
  self->state.settings = std::move(settings);
  self->set_down_handler([self](caf::down_msg& x) { lost(self, x.source); });
  adopt(self, me);
  self->delayed_send(self, self->state.settings.sweep, atom::sweep_v);
  return {
      [self](atom::join, const caf::actor& session,
             const presence_entry& entry) -> caf::result<std::string> {
        auto promise = self->make_response_promise<std::string>();
        owed{promise}.deliver(join(self, session, entry));
        return promise;
      },
      [self](atom::list, const call& ctx) {
        return list_for(*self->state.kept, ctx);
      },
      [self](atom::status) { return counts_of(*self->state.kept); },
      [self](atom::sweep) { sweep(self); },
  };
}

} // namespace callboard::actors
