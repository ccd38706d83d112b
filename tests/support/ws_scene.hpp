// A WebSocket session among doubles of all that it talks to, in virtual time.
#pragma once

#include "actors/ws_session.hpp"
#include "protocols/error.hpp"
#include "protocols/event_frame.hpp"
#include "protocols/json.hpp"
#include "protocols/jwt.hpp"
#include "protocols/system_config.hpp"

#include <algorithm>
#include <map>

#ifndef FAIL
#define FAIL CAF_FAIL
#endif
#include <caf/test/dsl.hpp>

namespace callboard::test {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

inline const std::string epoch = "0190f5b2-0000-4000-8000-000000000001";
inline const std::string given_id = "0190f5b2-0000-4000-8000-00000000000a";

inline std::string place(int64_t position) {
  return to_text({epoch, position});
}

/// An event of the channel `tasks`, or another one.
inline event event_for(const std::string& audience, int64_t position,
                       const std::string& channel = "tasks") {
  event out;
  out.position = position;
  out.type = "task_status_update";
  out.audience = audience;
  out.channel = channel;
  out.data.text = "{\"n\":" + std::to_string(position) + '}';
  return out;
}

/// What the client got.
struct client_side {
  texts got;
  int pings = 0;
  close_code closed = close_code::no_status; ///< not closed
  std::string reason;
  bool gone = false;      ///< the session let go of the socket
  size_t room = SIZE_MAX; ///< frames taken before the socket is full [count]
  size_t waiting = 0;     ///< taken since there was room [count]
  bool wants_room = false;
  int64_t heard_at = 0;
};

class socket_double : public session_socket {
public:
  explicit socket_double(client_side* to) : to_(to) {}
  ~socket_double() override { to_->gone = true; }
  void send(frame_ptr x) override {
    ++to_->waiting;
    to_->got.emplace_back(x->text());
  }
  void ping() override { ++to_->pings; }
  void close(close_code code, std::string_view reason) override {
    to_->closed = code;
    to_->reason = reason;
  }
  size_t waiting() const override {
    return to_->room == SIZE_MAX ? 0 : to_->waiting;
  }
  void when_drained() override { to_->wants_room = true; }
  int64_t heard_at() const override { return to_->heard_at; }

private:
  client_side* to_;
};

using answer_atom = caf::atom_constant<caf::atom("answer")>;

struct users_place {
  std::map<int64_t, user> rows;
  bool away = false;
  bool held = false; ///< answers when told to
  int asked = 0;
  std::vector<std::pair<int64_t, caf::typed_response_promise<user>>> waiting;
};

inline caf::expected<user> row_of(const users_place& x, int64_t id) {
  if (x.away)
    return caf::make_error(errc::unavailable);
  auto found = x.rows.find(id);
  if (found == x.rows.end())
    return caf::make_error(errc::not_found);
  return found->second;
}

inline caf::behavior users_double(caf::event_based_actor* self,
                                  users_place* x) {
  return {
      [=](atom::fetch, const call&, int64_t id) -> caf::result<user> {
        ++x->asked;
        if (x->held) {
          x->waiting.emplace_back(id, self->make_response_promise<user>());
          return x->waiting.back().second;
        }
        auto out = row_of(*x, id);
        if (!out)
          return out.error();
        return *out;
      },
      [=](answer_atom) {
        x->held = false;
        for (auto& [id, promise] : std::exchange(x->waiting, {}))
          if (auto out = row_of(*x, id))
            promise.deliver(*out);
          else
            promise.deliver(out.error());
      },
  };
}

struct hub_place {
  int64_t position = 0;
  std::string epoch_now = epoch;
  std::vector<audience_of_session> joined;
};

inline caf::behavior hub_double(caf::event_based_actor*, hub_place* x) {
  return {
      [=](atom::join, const caf::actor&, const audience_of_session& who) {
        x->joined.push_back(who);
        return stream_position{x->epoch_now, x->position};
      },
  };
}

inline caf::behavior presence_double(caf::event_based_actor*,
                                     std::vector<presence_entry>* into) {
  return {
      [=](atom::join, const caf::actor&, const presence_entry& x) {
        into->push_back(x);
        return x.connection_id.empty() ? given_id : x.connection_id;
      },
  };
}

/// The stream as the feed knows it.
struct feed_place {
  std::vector<event> rows; ///< ascending
  int64_t pruned_to = 0;
  int64_t last = 0;
  int64_t page = 500; ///< events looked at for one answer [count]
  bool away = false;
  int asked = 0;
};

inline caf::behavior feed_double(caf::event_based_actor*, feed_place* x) {
  return {
      [=](atom::replay, const replay_query& query) -> caf::result<replay> {
        ++x->asked;
        if (x->away)
          return caf::make_error(errc::unavailable);
        auto after = query.after.position;
        replay out;
        out.gap = query.after.epoch != epoch || after < x->pruned_to
                  || after > x->last;
        if (out.gap)
          return out;
        auto until = std::min(query.until, x->last);
        out.next = std::max(after, std::min(until, after + x->page));
        out.more = out.next < until;
        for (auto& row : x->rows) {
          if (row.position <= after || row.position > out.next)
            continue;
          auto e = encode_event(row, epoch);
          if (concerns(*e, query.who))
            out.events.push_back(std::move(e));
        }
        return out;
      },
  };
}

/// User 1 is a user, user 2 an admin; there is no other one.
struct ws_scene : test_coordinator_fixture<system_config> {
  ws_scene() {
    users.rows[1].id = 1;
    users.rows[1].username = "one";
    users.rows[2].id = 2;
    users.rows[2].username = "two";
    users.rows[2].as = role::admin;
    rules.keys = signing_keys{secret};
    rules.mark = std::make_shared<stream_mark>();
    rules.mark->epoch = epoch;
    users_actor = sys.spawn(users_double, &users);
    hub = sys.spawn(hub_double, &hub_at);
    presence = sys.spawn(presence_double, &entries);
    feed = sys.spawn(feed_double, &stream);
    rules.users = [this] {
      return caf::actor_cast<user_repository_actor>(users_actor);
    };
    rules.hub = [this] {
      return hub_away ? hub_actor{} : caf::actor_cast<hub_actor>(hub);
    };
    rules.presence
        = [this] { return caf::actor_cast<presence_actor>(presence); };
    rules.feed = [this] { return caf::actor_cast<event_feed_actor>(feed); };
  }

  ~ws_scene() override {
    users.waiting.clear();
    if (session)
      anon_send_exit(session, caf::exit_reason::kill);
    session = nullptr;
    for (auto& x : {users_actor, hub, presence, feed})
      anon_send_exit(x, caf::exit_reason::kill);
    consume_messages();
  }

  std::string token(int64_t user, const std::string& family = "f1",
                    std::chrono::seconds life = 1h,
                    token_type type = token_type::access) const {
    claims x;
    x.user_id = user;
    x.type = type;
    x.iat = now().ms / 1000;
    x.exp = x.iat + life.count();
    x.jti = family;
    return sign_jwt(signing_key{secret}, x);
  }

  /// Opens a connection; `start` as the handshake has it.
  void open(session_start start) {
    start.socket = std::make_shared<socket_double>(&client);
    session
        = sys.spawn(actors::ws_session,
                    std::make_shared<const actors::ws_session_settings>(rules),
                    std::move(start));
    consume_messages();
  }

  void open_as(int64_t user, const std::string& last_event_id = {}) {
    session_start start;
    start.token = token(user);
    start.last_event_id = last_event_id;
    open(std::move(start));
  }

  void say(const std::string& text) {
    anon_send(session, atom::text_v, text);
    consume_messages();
  }

  /// Commits to the stream; nobody is told but the mark.
  void commit(event row) {
    stream.last = row.position;
    rules.mark->advance(row.position);
    stream.rows.push_back(std::move(row));
  }

  /// The hub has it for this session.
  void deliver(std::vector<event> rows) {
    auto list = std::make_shared<encoded_events>();
    for (auto& row : rows)
      list->push_back(encode_event(std::move(row), epoch));
    anon_send(session, atom::deliver_v, encoded_events_ptr{std::move(list)});
    consume_messages();
  }

  void sweep(int64_t delivered = 0) {
    anon_send(session, atom::sweep_v, delivered);
    consume_messages();
  }

  void pass(std::chrono::milliseconds d) {
    for (auto left = d; left > 0ms; left -= 50ms) {
      advance_time(50ms);
      consume_messages();
    }
  }

  int64_t clock_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               sched.clock().now().time_since_epoch())
        .count();
  }

  /// `type`, and of events and answers what tells them apart; takes them away.
  texts taken() {
    texts out;
    for (auto& text : std::exchange(client.got, {})) {
      auto x = parse_json(text);
      CAF_REQUIRE(x);
      out.push_back(short_form(*x));
    }
    return out;
  }

  /// The last message whole.
  json_document last() {
    CAF_REQUIRE(!client.got.empty());
    auto out = parse_json(client.got.back());
    CAF_REQUIRE(out);
    return std::move(*out);
  }

  static std::string short_form(const json_value& x) {
    auto type = x.HasMember("type") ? "type" : "event";
    std::string out = x[type].GetString();
    if (out == "task_status_update")
      return std::to_string(x["data"]["n"].GetInt64());
    if (out == "batch") {
      out += ':';
      for (auto& item : x["messages"].GetArray())
        out += ' ' + short_form(item);
    }
    if (out == "error")
      out += std::string{": "} + x["error"].GetString();
    return out;
  }

  static inline const std::string secret
      = "a key of these tests that is long enough";

  client_side client;
  users_place users;
  hub_place hub_at;
  bool hub_away = false;
  feed_place stream;
  std::vector<presence_entry> entries;
  actors::ws_session_settings rules;
  caf::actor users_actor;
  caf::actor hub;
  caf::actor presence;
  caf::actor feed;
  ws_session_actor session;
};

} // namespace callboard::test
