// What tests of a hub share: a feed, sessions that note what they hear, and a
// scheduler that takes one step at a time.
#pragma once

#include "actors/hub.hpp"
#include "protocols/event_frame.hpp"
#include "tests/support/stream_scene.hpp"

#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace callboard::test {

using namespace callboard::actors;
using namespace std::chrono_literals;

inline encoded_event_ptr event_for(const std::string& audience,
                                   int64_t position) {
  event out;
  out.position = position;
  out.type = "t";
  out.audience = audience;
  out.channel = "tasks";
  return encode_event(std::move(out), epoch);
}

inline encoded_event_ptr revoked(int64_t user, int64_t position) {
  auto out = access_revoked({user, true, {}, {}}, timestamp{1});
  out.position = position;
  return encode_event(std::move(out), epoch);
}

/// Stands where the feed is.
struct feed_place {
  int64_t position = 0;
  bool held = false; ///< answers nobody
  std::vector<caf::actor> hubs;
  std::vector<caf::typed_response_promise<stream_position>> unanswered;
};

inline caf::behavior feed_double(caf::event_based_actor* self, feed_place* x) {
  return {
      [=](atom::join, const caf::actor& hub) -> caf::result<stream_position> {
        x->hubs.push_back(hub);
        if (!x->held)
          return stream_position{epoch, x->position};
        x->unanswered.push_back(self->make_response_promise<stream_position>());
        return x->unanswered.back();
      },
      [=](answer_atom) {
        x->held = false;
        for (auto& promise : std::exchange(x->unanswered, {}))
          promise.deliver(stream_position{epoch, x->position});
      },
  };
}

struct heard {
  positions events;
  int messages = 0;
  int sweeps = 0;
  int64_t swept_at = -1;
  bool swept_ahead = false; ///< of what it had heard
  positions replays;
};

inline caf::behavior session_double(caf::event_based_actor*, heard* into) {
  return {
      [=](atom::deliver, const encoded_events_ptr& list) {
        ++into->messages;
        for (auto& x : *list)
          into->events.push_back(x->row.position);
      },
      [=](atom::sweep, int64_t position) {
        ++into->sweeps;
        into->swept_at = position;
        auto last = into->events.empty() ? 0 : into->events.back();
        into->swept_ahead = into->swept_ahead || position > last;
      },
      [=](atom::replay, const stream_position& at) {
        into->replays.push_back(at.position);
      },
  };
}

struct hub_scene : test_coordinator_fixture<system_config> {
  hub_scene() {
    feed = sys.spawn(feed_double, &place);
    settings.feed = [this] { return caf::actor_cast<event_feed_actor>(feed); };
  }

  ~hub_scene() override {
    stop();
    place.unanswered.clear();
    place.hubs.clear();
    for (auto& x : sessions)
      anon_send_exit(x, caf::exit_reason::kill);
    anon_send_exit(feed, caf::exit_reason::kill);
    consume_messages();
  }

  void start() {
    hub_now = sys.spawn(hub, record, settings);
    consume_messages();
  }

  void stop() {
    if (hub_now)
      anon_send_exit(hub_now, caf::exit_reason::kill);
    hub_now = nullptr;
    consume_messages();
  }

  heard& session() {
    ears.emplace_back();
    sessions.push_back(sys.spawn(session_double, &ears.back()));
    return ears.back();
  }

  auto ask_to_join(size_t session, const audience_of_session& who) {
    auto answer = self->request(hub_now, caf::infinite, atom::join_v,
                                sessions[session], who);
    consume_messages();
    return answer;
  }

  /// A session that has joined.
  heard& joined(int64_t user, bool admin = false) {
    auto& out = session();
    ask_to_join(sessions.size() - 1, {user, admin, session_kind::main, {}})
        .receive([](const stream_position&) {},
                 [&](caf::error& err) { CAF_ERROR(sys.render(err)); });
    return out;
  }

  void send(encoded_events list) {
    anon_send(hub_now, atom::deliver_v,
              encoded_events_ptr{
                  std::make_shared<const encoded_events>(std::move(list))});
  }

  void deliver(encoded_events list) {
    send(std::move(list));
    consume_messages();
  }

  std::vector<heard*> crowd(int n) {
    std::vector<heard*> out;
    for (int i = 0; i < n; ++i)
      out.push_back(&joined(1));
    return out;
  }

  void pass(std::chrono::milliseconds d) {
    for (auto left = d; left > 0ms; left -= 100ms) {
      advance_time(100ms);
      consume_messages();
    }
  }

  child_ptr record = std::make_shared<child>("hub", restart::permanent);
  feed_place place;
  caf::actor feed;
  hub_settings settings;
  hub_actor hub_now;
  std::list<heard> ears;
  std::vector<caf::actor> sessions;
};

} // namespace callboard::test
