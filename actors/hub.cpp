#include "actors/hub.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = hub_pointer;

std::unordered_set<caf::actor_id>& slot_of(hub_state& state, caf::actor_id id) {
  return state.wheel[id % state.wheel.size()];
}

/// Enters a session into what is made from the registry.
void enter(hub_state& state, caf::actor_id id, const hub_session& x) {
  if (!x.joined) {
    state.strangers.insert(id);
    return;
  }
  state.strangers.erase(id);
  slot_of(state, id).insert(id);
  state.users[x.who.user_id].insert(id);
}

void leave(hub_state& state, caf::actor_id id, const hub_session& x) {
  state.strangers.erase(id);
  slot_of(state, id).erase(id);
  auto user = state.users.find(x.who.user_id);
  if (user == state.users.end())
    return;
  user->second.erase(id);
  if (user->second.empty())
    state.users.erase(user);
}

hub_session& know(self_pointer self, const caf::actor& handle) {
  auto [i, fresh] = self->state.kept->sessions.try_emplace(handle.id());
  if (fresh) {
    i->second.handle = handle;
    self->monitor(handle);
    enter(self->state, handle.id(), i->second);
  }
  return i->second;
}

void tell(self_pointer self, const hub_session& x, const caf::message& what) {
  caf::actor_cast<caf::strong_actor_ptr>(x.handle)
      ->enqueue(self->ctrl(), caf::make_message_id(), what, self->context());
}

void revoke(self_pointer self, const revocation& x) {
  auto user = self->state.users.find(x.user_id);
  if (user == self->state.users.end())
    return;
  auto goodbye = caf::make_message(atom::stop_v, close_code::policy,
                                   std::string{"Authentication failed"});
  for (auto id : user->second) {
    auto& session = self->state.kept->sessions.at(id);
    auto& family = session.who.family;
    auto named = std::find(x.families.begin(), x.families.end(), family)
                 != x.families.end();
    if (named || (x.all && (x.keep.empty() || x.keep != family)))
      tell(self, session, goodbye);
  }
}

/// The lists of one batch, each made once.
struct lists {
  encoded_events everyone;
  std::map<int64_t, encoded_events> users; ///< who has events of their own
};

lists sorted(const encoded_events& all) {
  lists out;
  for (auto& x : all)
    if (auto& who = x->row.audience; who != "everyone" && who != "admins")
      out.users[std::strtoll(who.c_str(), nullptr, 10)];
  for (auto& x : all) {
    auto& who = x->row.audience;
    if (x->row.channel == "control" || who == "admins")
      continue;
    if (who == "everyone") {
      out.everyone.push_back(x);
      for (auto& user : out.users)
        user.second.push_back(x);
    } else {
      out.users[std::strtoll(who.c_str(), nullptr, 10)].push_back(x);
    }
  }
  return out;
}

caf::message message_of(encoded_events list) {
  return caf::make_message(
      atom::deliver_v,
      std::make_shared<const encoded_events>(std::move(list)));
}

void spread(self_pointer self, const encoded_events_ptr& all) {
  auto& state = self->state;
  auto parts = sorted(*all);
  auto whole = caf::make_message(atom::deliver_v, all);
  auto quiet = parts.everyone.empty();
  auto common = message_of(std::move(parts.everyone));
  std::map<int64_t, caf::message> own;
  for (auto& [id, list] : parts.users)
    own.emplace(id, message_of(std::move(list)));
  for (auto& [user, ids] : state.users) {
    auto mine = own.find(user);
    for (auto id : ids) {
      auto& session = state.kept->sessions.at(id);
      if (session.who.admin)
        tell(self, session, whole);
      else if (mine != own.end())
        tell(self, session, mine->second);
      else if (!quiet)
        tell(self, session, common);
    }
  }
}

void deliver(self_pointer self, const encoded_events_ptr& all) {
  auto& at = self->state.kept->at;
  if (all->empty() || all->back()->row.position <= at.position)
    return;
  at.position = all->back()->row.position;
  spread(self, all);
  for (auto& x : *all)
    if (auto what = read_revocation(x->row))
      revoke(self, *what);
}

/// The feed goes on at `at`: whoever joined may have missed what is before.
void registered(self_pointer self, const stream_position& at) {
  auto& state = self->state;
  auto& kept = *state.kept;
  auto missed = !kept.at.epoch.empty() && kept.at != at;
  kept.at = at;
  if (missed)
    for (auto& [id, x] : kept.sessions)
      if (x.joined)
        tell(self, x, caf::make_message(atom::replay_v, at));
  for (auto& x : std::exchange(state.joining, {}))
    x.promise.deliver(at);
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

void sweep(self_pointer self) {
  auto& state = self->state;
  ask_feed(self);
  auto what = caf::make_message(atom::sweep_v, state.kept->at.position);
  for (auto id : state.wheel[state.round++ % state.wheel.size()])
    tell(self, state.kept->sessions.at(id), what);
  for (auto id : state.strangers)
    tell(self, state.kept->sessions.at(id), what);
  self->delayed_send(self, 1s, atom::sweep_v);
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
  leave(state, i->first, i->second);
  state.kept->sessions.erase(i);
}

/// Takes over what the last incarnation knew.
void adopt(self_pointer self, const child_ptr& me) {
  auto& state = self->state;
  auto kept = me->kept();
  if (kept.match_elements<hub_registry_ptr>()) {
    state.kept = kept.get_as<hub_registry_ptr>(0);
  } else {
    state.kept = std::make_shared<hub_registry>();
    me->keep(caf::make_message(state.kept));
  }
  for (auto& [id, x] : state.kept->sessions) {
    self->monitor(x.handle);
    enter(state, id, x);
  }
}

} // namespace

hub_actor::behavior_type hub(hub_pointer self, const child_ptr& me,
                             hub_settings settings) {
  auto& state = self->state;
  state.wheel.resize(static_cast<size_t>(
      std::max<int64_t>(1, settings.sweep_rounds)));
  state.settings = std::move(settings);
  self->set_down_handler([self](caf::down_msg& x) { lost(self, x.source); });
  adopt(self, me);
  ask_feed(self);
  self->delayed_send(self, 1s, atom::sweep_v);
  return {
      [self](atom::join, const caf::actor& handle,
             const audience_of_session& who) -> caf::result<stream_position> {
        auto& session = know(self, handle);
        leave(self->state, handle.id(), session);
        session.who = who;
        session.joined = true;
        enter(self->state, handle.id(), session);
        if (!self->state.kept->at.epoch.empty())
          return self->state.kept->at;
        auto promise = self->make_response_promise<stream_position>();
        self->state.joining.push_back({handle.id(), owed{promise}});
        return promise;
      },
      [self](atom::touch, const caf::actor& handle) { know(self, handle); },
      [self](atom::deliver, const encoded_events_ptr& all) {
        deliver(self, all);
      },
      [self](atom::sweep) { sweep(self); },
  };
}

} // namespace callboard::actors
