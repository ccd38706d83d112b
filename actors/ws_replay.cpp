#include "actors/ws_replay.hpp"

#include "protocols/json.hpp"

#include <algorithm>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = ws_session_pointer;

constexpr auto batch_window = 100ms;
constexpr size_t max_batch = 100; // events

frame_ptr shown(const ws_session_state& state, const encoded_event& x) {
  return state.wanted.wants(x.row) ? frame_for(x, state.me.who) : nullptr;
}

/// The first ack; `/ws/sync` has its own greeting.
void greet(self_pointer self, const std::string& id, const resume_result& x) {
  auto& state = self->state;
  if (state.start.kind == session_kind::sync)
    return send(self, sync_greeting_frame());
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  session_facts facts;
  facts.connection_id = state.start.connection_id;
  if (state.me.who.user_id != 0)
    facts.user_id = std::to_string(state.me.who.user_id);
  facts.heartbeat_interval
      = duration_cast<seconds>(state.settings->heartbeat_interval).count();
  facts.heartbeat_timeout
      = duration_cast<seconds>(state.settings->heartbeat_timeout).count();
  facts.resume = x;
  auto known = read_stream_position(id).has_value(); // else it is no place
  send(self, ack_frame(last_event_id(state),
                       json_quoted(known ? id : std::string{"initial_connect"}),
                       to_json(facts)));
}

/// Ends the session if one of these takes its right away.
bool revoked(self_pointer self, const encoded_events& list) {
  auto& state = self->state;
  for (auto& x : list) {
    if (x->row.position <= state.vetted)
      continue;
    auto what = read_revocation(x->row);
    if (!what)
      continue;
    if (ends(*what, state.me.who)) {
      close(self, close_code::policy, "Authentication failed");
      return true;
    }
    if (state.renewing)
      state.revoked.push_back(std::move(*what));
  }
  return false;
}

/// Sends the event, or gathers it; passes it over if it is not wanted.
void emit(self_pointer self, const encoded_event_ptr& x) {
  auto& state = self->state;
  auto before = std::exchange(state.seen, x->row.position);
  auto frame = shown(state, *x);
  if (!frame)
    return;
  if (!state.wanted.batched() || state.start.kind == session_kind::sync)
    return send(self, std::move(frame));
  if (state.batch.empty())
    state.batch_from = before;
  state.batch.push_back(x);
  if (state.batch.size() >= max_batch)
    return flush(self);
  if (!std::exchange(state.batch_timed, true))
    self->delayed_send(self, batch_window, atom::notice_v);
}

/// Asks the feed for the next page, for `use`.
template <class F>
void ask(self_pointer self, int64_t after, int64_t until, F use) {
  auto& state = self->state;
  auto feed = state.settings->feed();
  if (!feed)
    return try_later(self);
  replay_query query;
  query.after = {state.epoch, after};
  query.until = until;
  query.who = state.me.who;
  state.asking = true;
  self->request(feed, caf::infinite, atom::replay_v, query)
      .then(
          [self, use, round = state.round](replay& page) {
            if (self->state.round != round)
              return;
            self->state.asking = false;
            self->state.attempts = 0;
            use(self, page);
          },
          [self, round = state.round](const caf::error&) {
            if (self->state.round != round)
              return;
            self->state.asking = false;
            try_later(self);
          });
}

/// The ack, then what was missed.
void counted(self_pointer self, const resume_result& result) {
  auto& state = self->state;
  state.stage = session_stage::replaying;
  std::exchange(state.tell, nullptr)(result);
  pump(self);
  take_held(self);
}

/// The position is not there, or too far away: goes on where it was.
void give_up(self_pointer self) {
  auto& state = self->state;
  state.kept.clear();
  state.seen = state.kept_to = state.fallback;
  counted(self, {false, true, 0});
}

void count_page(self_pointer self, replay& page) {
  auto& state = self->state;
  if (page.gap)
    return give_up(self);
  if (revoked(self, page.events))
    return;
  auto keeps
      = state.kept_to == state.counted_to
        && state.kept.size() + page.events.size() <= state.settings->max_kept;
  for (auto& x : page.events) {
    if (!shown(state, *x))
      continue;
    ++state.missed;
    if (keeps)
      state.kept.push_back(std::move(x));
  }
  state.counted_to = page.next;
  if (keeps)
    state.kept_to = page.next;
  if (state.missed > state.settings->max_replayed)
    return give_up(self);
  if (page.more)
    return count_on(self);
  counted(self, {true, false, state.missed});
}

void add_page(self_pointer self, replay& page) {
  auto& state = self->state;
  if (page.gap) // it was there a moment ago
    return close(self, close_code::internal, "Events were lost");
  if (revoked(self, page.events))
    return;
  for (auto& x : page.events)
    if (shown(state, *x))
      state.kept.push_back(std::move(x));
  auto moved = page.next > state.kept_to;
  state.kept_to = std::max(state.kept_to, page.next);
  if (!moved && state.kept_to < state.until)
    return try_later(self); // the feed is behind
  pump(self);
}

} // namespace

void hub_joined(self_pointer self, const stream_position& at) {
  auto& state = self->state;
  state.attempts = 0;
  if (state.epoch.empty()) {
    state.epoch = at.epoch;
    if (at.epoch != state.settings->mark->epoch)
      state.vetted = at.position; // the database was exchanged
    state.seen = state.vetted;
  }
  if (at.epoch != state.epoch)
    return close(self, close_code::internal, "Another stream of events");
  state.until = std::max(state.until, at.position);
  read_anew(self);
  auto id = std::exchange(state.start.last_event_id, {});
  auto greets = [self, id](const resume_result& x) { greet(self, id, x); };
  if (!id.empty())
    return resume(self, id, greets);
  state.tell = greets;
  counted(self, {});
}

void pump(self_pointer self) {
  auto& state = self->state;
  if (state.stage != session_stage::replaying)
    return;
  while (!state.kept.empty()) {
    if (state.start.socket->waiting() >= state.settings->max_waiting)
      return state.start.socket->when_drained();
    auto x = std::move(state.kept.front());
    state.kept.pop_front();
    emit(self, x);
  }
  state.seen = std::max(state.seen, state.kept_to);
  if (state.kept_to >= state.until) {
    state.stage = session_stage::live;
    return;
  }
  if (!state.asking && !state.retrying)
    ask(self, state.kept_to, state.until, add_page);
}

void read_anew(self_pointer self) {
  auto& state = self->state;
  state.kept.clear();
  state.kept_to = state.seen;
  state.asking = false;
  ++state.round;
}

void count_on(self_pointer self) {
  auto& state = self->state;
  if (state.stage == session_stage::counting && !state.asking)
    ask(self, state.counted_to, state.count_until, count_page);
}

void resume(self_pointer self, const std::string& event_id,
            std::function<void(const resume_result&)> tell) {
  auto& state = self->state;
  state.fallback = state.seen;
  state.vetted = std::max(state.vetted, state.seen);
  state.tell = std::move(tell);
  read_anew(self);
  auto from = read_stream_position(event_id);
  if (!from || from->epoch != state.epoch)
    return give_up(self);
  state.missed = 0;
  state.until = std::max(state.until, state.seen);
  state.seen = state.kept_to = state.counted_to = from->position;
  state.count_until = std::max(
      {state.until, from->position, state.settings->mark->committed.load()});
  state.stage = session_stage::counting;
  count_on(self);
}

void deliver(self_pointer self, const encoded_events& list) {
  auto& state = self->state;
  if (list.empty() || state.stage == session_stage::closed
      || revoked(self, list))
    return;
  auto last = list.back()->row.position;
  if (state.stage != session_stage::live) {
    state.until = std::max(state.until, last);
    return;
  }
  for (auto& x : list)
    if (x->row.position > state.seen)
      emit(self, x);
  state.seen = std::max(state.seen, last);
}

void catch_up(self_pointer self, const stream_position& at) {
  auto& state = self->state;
  if (state.epoch.empty())
    return; // it joins
  if (at.epoch != state.epoch)
    return close(self, close_code::internal, "Another stream of events");
  state.until = std::max(state.until, at.position);
  if (state.stage != session_stage::live)
    return;
  read_anew(self);
  state.stage = session_stage::replaying;
  pump(self);
}

void flush(self_pointer self) {
  auto& state = self->state;
  auto list = std::exchange(state.batch, {});
  for (size_t i = 0; i < list.size();) {
    std::vector<frame_ptr> frames;
    auto& type = list[i]->row.type;
    for (; i < list.size() && list[i]->row.type == type; ++i)
      frames.push_back(frame_for(*list[i], state.me.who));
    send(self, frames.size() == 1 ? frames.front() : batch_frame(type, frames));
  }
}

} // namespace callboard::actors
