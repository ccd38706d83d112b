#include "actors/hub.hpp"

#include <algorithm>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = hub_pointer;

// -- who is there -------------------------------------------------------------

hub_group& turn_of(hub_state& state, const hub_session& x) {
  return *state.wheel[x.handle.id() % state.wheel.size()];
}

/// Enters a session into what is made from the registry.
void enter(hub_state& state, hub_session& x) {
  turn_of(state, x).add(x);
  if (x.who.admin)
    return state.admins->add(x);
  auto& group = state.users[x.who.user_id];
  if (!group)
    group = std::make_shared<hub_group>(&hub_session::audience_place);
  group->add(x);
}

void leave(hub_state& state, hub_session& x) {
  turn_of(state, x).remove(x);
  if (x.who.admin)
    return state.admins->remove(x);
  auto user = state.users.find(x.who.user_id);
  user->second->remove(x);
  if (user->second->empty())
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

// -- the feed -----------------------------------------------------------------

/// The feed goes on at `at`: whoever is here may have missed what is before.
void registered(self_pointer self, const stream_position& at) {
  auto& state = self->state;
  auto& kept = *state.kept;
  auto missed = std::exchange(state.adopted, false)
                || (!kept.at.epoch.empty() && kept.at != at);
  kept.at = at;
  if (state.waiting.empty())
    state.spread_to = at.position;
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
       caf::make_message(atom::sweep_v, state.spread_to));
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
  state.admins = std::make_shared<hub_group>(&hub_session::audience_place);
  for (int64_t i = 0; i < settings.rounds; ++i)
    state.wheel.push_back(
        std::make_shared<hub_group>(&hub_session::turn_place));
  begin_tours(self);
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
