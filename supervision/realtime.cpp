// The part of the tree between the stream of events and the clients.
#include "actors/event_feed.hpp"
#include "actors/hub.hpp"
#include "actors/presence.hpp"
#include "actors/ws_session.hpp"
#include "protocols/supervised.hpp"
#include "storage/event_listener.hpp"
#include "supervision/application.hpp"
#include "supervision/dynamic_supervisor.hpp"

#include <algorithm>

namespace callboard {

namespace {

using namespace std::chrono_literals;

child_spec sessions_spec(const child_ptr& record) {
  child_spec out;
  out.record = record;
  out.shutdown = 5s;
  out.start = [](caf::actor_system& sys, const child_ptr& me) {
    return start_dynamic_supervisor(sys, me);
  };
  return out;
}

} // namespace

child_spec application::realtime_spec() {
  std::vector<child_spec> children{feed_spec()};
  if (database_->dialect() == storage::dialect_kind::postgres)
    children.push_back(listener_spec());
  for (size_t i = 0; i < hubs_.size(); ++i)
    children.push_back(hub_spec(i));
  children.push_back(presence_spec());
  for (auto& x : sessions_)
    children.push_back(sessions_spec(x));
  auto out
      = supervisor_spec(std::make_shared<child>("realtime", restart::permanent),
                        strategy::one_for_one, std::move(children));
  out.shutdown = 10s; // of all sessions
  return out;
}

child_spec application::feed_spec() {
  actors::event_feed_settings settings;
  settings.rows = [x = events_] { return x->as<event_repository_actor>(); };
  settings.shared = database_->dialect() == storage::dialect_kind::postgres;
  settings.mark = stream_;
  child_spec out;
  out.record = feed_;
  out.start = [settings](caf::actor_system& sys, const child_ptr& me) {
    return spawn_function<event_feed_actor, actors::event_feed_state>(
        sys, me, nullptr, actors::event_feed, settings);
  };
  return out;
}

/// Opens a session at its start and has a thread of its own.
child_spec application::listener_spec() {
  storage::event_listener_settings settings;
  settings.uri = database_->location();
  settings.heard = [x = feed_](int64_t position) {
    if (auto feed = x->as<event_feed_actor>())
      caf::anon_send(feed, atom::notice_v, position);
  };
  child_spec out;
  out.record = listener_;
  out.start = [settings](caf::actor_system& sys, const child_ptr& me) {
    return spawn_function<storage::event_listener_actor,
                          storage::event_listener_state, caf::detached>(
        sys, me, nullptr, storage::event_listener, settings);
  };
  return out;
}

child_spec application::hub_spec(size_t loop) {
  actors::hub_settings settings;
  settings.feed = [x = feed_] { return x->as<event_feed_actor>(); };
  actors::set_heartbeat(settings, settings_.ws_heartbeat_interval);
  child_spec out;
  out.record = hubs_[loop];
  out.start = [settings, loop, homes = homes_](caf::actor_system& sys,
                                               const child_ptr& me) {
    return spawn_function<hub_actor, actors::hub_state>(
        sys, me, homes->at(loop), actors::hub, me, settings);
  };
  return out;
}

child_spec application::presence_spec() {
  actors::presence_settings settings;
  settings.events = [x = events_] { return x->as<event_repository_actor>(); };
  child_spec out;
  out.record = presence_;
  out.start = [settings](caf::actor_system& sys, const child_ptr& me) {
    return spawn_function<presence_actor, actors::presence_state>(
        sys, me, nullptr, actors::presence, me, settings);
  };
  return out;
}

/// Tells those who wait for commits; on the workers' threads.
std::function<void(events)> application::commit_listener() const {
  return [feed = feed_, others = listener_](events added) {
    auto last = added.back().position;
    if (auto x = feed->as<event_feed_actor>())
      caf::anon_send(x, atom::publish_v, std::move(added));
    if (auto x = others->as<storage::event_listener_actor>())
      caf::anon_send(x, atom::notice_v, last);
  };
}

void application::connect_realtime(net::services& edge) const {
  edge.presence = [x = presence_] { return x->as<presence_actor>(); };
  edge.ws_sessions.clear();
  edge.ws_counts = std::vector<net::ws_counters>(hubs_.size());
  std::vector<actors::ws_session_settings_ptr> rules;
  actors::ws_session_settings common;
  common.keys = edge.settings.keys;
  common.heartbeat_interval = settings_.ws_heartbeat_interval;
  common.heartbeat_timeout = settings_.ws_heartbeat_timeout;
  common.allow_anonymous = settings_.ws_allow_anonymous;
  common.single_user = settings_.auth_single_user_id;
  common.mark = stream_;
  common.users = [x = users_] { return x->as<user_repository_actor>(); };
  common.presence = edge.presence;
  common.feed = [x = feed_] { return x->as<event_feed_actor>(); };
  for (size_t i = 0; i < hubs_.size(); ++i) {
    edge.ws_sessions.emplace_back(
        [x = sessions_[i]] { return x->as<dynamic_supervisor_actor>(); });
    common.hub = [x = hubs_[i]] { return x->as<hub_actor>(); };
    rules.push_back(
        std::make_shared<const actors::ws_session_settings>(common));
  }
  edge.make_ws_session = [rules, homes = homes_,
                          next = std::make_shared<std::atomic<size_t>>(0)](
                             caf::actor_system& sys, const child_ptr& me,
                             caf::execution_unit* home, session_start start) {
    auto i = static_cast<size_t>(std::find(homes->begin(), homes->end(), home)
                                 - homes->begin());
    if (home == nullptr || i == homes->size()) // on any thread: any hub
      i = next->fetch_add(1) % rules.size();
    return spawn_function<ws_session_actor, actors::ws_session_state>(
        sys, me, home, actors::ws_session, rules[i], std::move(start));
  };
}

} // namespace callboard
