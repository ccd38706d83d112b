#include "actors/hub.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = hub_pointer;

// -- who is there -------------------------------------------------------------

hub_group& turn_of(hub_state& state, const hub_session& x) {
  return state.wheel[x.handle.id() % state.wheel.size()];
}

/// Enters a session into what is made from the registry.
void enter(hub_state& state, hub_session& x) {
  turn_of(state, x).add(x);
  if (x.who.admin)
    return state.admins.add(x);
  state.users.try_emplace(x.who.user_id, &hub_session::audience_place)
      .first->second.add(x);
}

void leave(hub_state& state, hub_session& x) {
  turn_of(state, x).remove(x);
  if (x.who.admin)
    return state.admins.remove(x);
  auto user = state.users.find(x.who.user_id);
  user->second.remove(x);
  if (user->second.empty())
    state.users.erase(user);
}

void let_in(self_pointer self, const caf::actor& handle,
            const audience_of_session& who) {
  auto& state = self->state;
  auto [i, fresh] = state.kept->sessions.try_emplace(handle.id());
  auto& session = i->second;
  if (fresh)
    self->monitor(handle);
  else
    leave(state, session);
  session = {handle, who};
  enter(state, session);
}

/// Takes over what the last incarnation knew.
void adopt(self_pointer self, const child_ptr& me) {
  auto& state = self->state;
  auto kept = me->kept();
  if (!kept.match_elements<hub_registry_ptr>()) {
    state.kept = std::make_shared<hub_registry>();
    return me->keep(caf::make_message(state.kept));
  }
  state.kept = kept.get_as<hub_registry_ptr>(0);
  state.adopted = true;
  for (auto& [id, x] : state.kept->sessions) {
    self->monitor(x.handle);
    enter(state, x);
  }
}

// -- delivery -----------------------------------------------------------------

frame_ptr own(const frame_ptr& x) {
  return {std::make_shared<frame_ptr>(x), x.get()};
}

/// The same events, whose holders this loop alone counts: each session holds
/// and releases a frame, and two loops would wait for one counter.
encoded_events own(const encoded_events& all) {
  encoded_events out;
  out.reserve(all.size());
  for (auto& x : all)
    out.push_back(std::make_shared<const encoded_event>(
        encoded_event{x->row, own(x->whole), own(x->redacted), own(x->sync)}));
  return out;
}

void tell(self_pointer self, const hub_group& whom, const caf::message& what) {
  whom.tell(self->ctrl(), what, self->context());
}

/// The lists of one batch, each made once.
struct lists {
  encoded_events everyone;
  /// Of those who have events of their own, with everyone's.
  std::map<int64_t, encoded_events> users;
};

/// Nothing: it is for everyone, or for admins alone.
std::optional<int64_t> user_of(const encoded_event& x) {
  auto& who = x.row.audience;
  if (who == "everyone" || who == "admins")
    return std::nullopt;
  return std::strtoll(who.c_str(), nullptr, 10);
}

lists sorted(const encoded_events& all) {
  lists out;
  for (auto& x : all)
    if (auto user = user_of(*x))
      out.users[*user];
  for (auto& x : all) {
    if (auto user = user_of(*x)) {
      out.users[*user].push_back(x);
    } else if (x->row.audience == "everyone") {
      out.everyone.push_back(x);
      for (auto& [id, list] : out.users)
        list.push_back(x);
    }
  }
  return out;
}

caf::message message_of(encoded_events list) {
  return caf::make_message(
      atom::deliver_v,
      encoded_events_ptr{
          std::make_shared<const encoded_events>(std::move(list))});
}

/// What is for single users costs a look-up each, however many are there.
void spread(self_pointer self, const encoded_events& all) {
  auto& state = self->state;
  if (!state.admins.empty())
    tell(self, state.admins, message_of(all));
  auto parts = sorted(all);
  auto for_everyone = !parts.everyone.empty();
  for (auto& [user, list] : parts.users)
    if (auto i = state.users.find(user); i != state.users.end())
      tell(self, i->second, message_of(std::move(list)));
  if (!for_everyone)
    return;
  auto common = message_of(std::move(parts.everyone));
  for (auto& [user, group] : state.users)
    if (parts.users.count(user) == 0)
      tell(self, group, common);
}

void deliver(self_pointer self, const encoded_events_ptr& all) {
  auto& at = self->state.kept->at;
  if (all->empty() || all->back()->row.position <= at.position)
    return;
  spread(self, own(*all));
  at.position = all->back()->row.position; // after it: a crash loses nothing
}

// -- the feed -----------------------------------------------------------------

/// The feed goes on at `at`: whoever is here may have missed what is before.
void registered(self_pointer self, const stream_position& at) {
  auto& state = self->state;
  auto& kept = *state.kept;
  auto missed = std::exchange(state.adopted, false)
                || (!kept.at.epoch.empty() && kept.at != at);
  kept.at = at;
  if (missed)
    for (auto& slot : state.wheel)
      tell(self, slot, caf::make_message(atom::replay_v, at));
  for (auto& x : std::exchange(state.joining, {}))
    x.deliver(at);
}

void ask_feed(self_pointer self) {
  auto& state = self->state;
  auto feed = state.settings.feed();
  if (!feed || state.asking || state.feed == feed.address())
    return;
  state.asking = true;
  self->monitor(feed);
  self->request(feed, caf::infinite, atom::join_v,
                caf::actor_cast<caf::actor>(self))
      .then(
          [self, who = feed.address()](const stream_position& at) {
            self->state.asking = false;
            self->state.feed = who;
            registered(self, at);
          },
          [self](const caf::error&) { self->state.asking = false; });
}

caf::result<stream_position> join(self_pointer self, const caf::actor& handle,
                                  const audience_of_session& who) {
  auto& state = self->state;
  let_in(self, handle, who);
  if (!state.kept->at.epoch.empty())
    return state.kept->at;
  auto promise = self->make_response_promise<stream_position>();
  state.joining.emplace_back(promise);
  return promise;
}

void sweep(self_pointer self) {
  auto& state = self->state;
  ask_feed(self);
  tell(self, state.wheel[state.turn++ % state.wheel.size()],
       caf::make_message(atom::sweep_v, state.kept->at.position));
  self->delayed_send(self, state.settings.round, atom::sweep_v);
}

void lost(self_pointer self, const caf::actor_addr& who) {
  auto& state = self->state;
  if (who == state.feed) {
    state.feed = nullptr;
    return ask_feed(self);
  }
  auto i = state.kept->sessions.find(who.id());
  if (i == state.kept->sessions.end())
    return;
  leave(state, i->second);
  state.kept->sessions.erase(i);
}

} // namespace

void set_heartbeat(hub_settings& x, std::chrono::milliseconds interval) {
  auto half = std::max<std::chrono::milliseconds>(interval / 2, 1ms);
  x.round = std::min<std::chrono::milliseconds>(half, 1s);
  x.rounds = std::clamp<int64_t>(half / x.round, 1, 5);
}

hub_actor::behavior_type hub(hub_pointer self, const child_ptr& me,
                             hub_settings settings) {
  auto& state = self->state;
  state.wheel.resize(static_cast<size_t>(settings.rounds),
                     hub_group{&hub_session::turn_place});
  state.settings = std::move(settings);
  self->set_down_handler([self](caf::down_msg& x) { lost(self, x.source); });
  adopt(self, me);
  ask_feed(self);
  self->delayed_send(self, state.settings.round, atom::sweep_v);
  return {
      [self](atom::join, const caf::actor& handle,
             const audience_of_session& who) {
        return join(self, handle, who);
      },
      [self](atom::deliver, const encoded_events_ptr& all) {
        deliver(self, all);
      },
      [self](atom::sweep) { sweep(self); },
  };
}

} // namespace callboard::actors
