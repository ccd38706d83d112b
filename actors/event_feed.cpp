#include "actors/event_feed.hpp"

#include "actors/event_replay.hpp"
#include "protocols/event_frame.hpp"
#include "protocols/log.hpp"
#include "protocols/system_call.hpp"

#include <algorithm>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;
using self_pointer = event_feed_pointer;

constexpr size_t max_ahead = 10'000; ///< the rest is in the rows

/// Of a `notice` that is our own, to look again.
constexpr int64_t own = -1;

void look_later(self_pointer self, std::chrono::milliseconds after) {
  if (!std::exchange(self->state.timed, true))
    self->delayed_send(self, after, atom::notice_v, own);
}

// -- handing out --------------------------------------------------------------

void take(event_feed_state& state, events rows) {
  for (auto& x : rows) {
    state.known = std::max(state.known, x.position);
    if (x.position > state.position)
      state.ahead.emplace(x.position, std::move(x));
  }
  while (state.ahead.size() > max_ahead)
    state.ahead.erase(std::prev(state.ahead.end()));
}

/// Moves on as far as there is no hole; what is missing up to `covered` has no
/// row any more.
encoded_events next_events(event_feed_state& state, int64_t covered) {
  encoded_events out;
  for (auto i = state.ahead.begin(); i != state.ahead.end();
       i = state.ahead.erase(i)) {
    if (i->first <= state.position)
      continue;
    if (i->first != state.position + 1 && i->first > covered + 1)
      break;
    state.position = i->first;
    auto erased = i->second.type == "account_erased";
    auto x = encode_event(std::move(i->second), state.epoch);
    state.ring.add(x);
    if (erased) // the rows were cleaned, what we kept of them was not
      state.ring.clear();
    out.push_back(std::move(x));
  }
  if (state.position < covered) {
    state.position = covered;
    state.ring.clear();
  }
  return out;
}

void hand_out(self_pointer self, encoded_events list) {
  if (list.empty() || !self->state.started)
    return;
  auto shared = std::make_shared<const encoded_events>(std::move(list));
  for (auto& hub : self->state.hubs)
    caf::anon_send(hub, atom::deliver_v, encoded_events_ptr{shared});
}

void let_in(self_pointer self, const caf::actor& hub) {
  auto& hubs = self->state.hubs;
  if (std::find(hubs.begin(), hubs.end(), hub) != hubs.end())
    return;
  self->monitor(hub);
  hubs.push_back(hub);
}

void begin(self_pointer self) {
  auto& state = self->state;
  state.started = true;
  for (auto& x : std::exchange(state.joining, {})) {
    let_in(self, x.hub);
    x.promise.deliver(stream_position{state.epoch, state.position});
  }
}

void move_on(self_pointer self, int64_t covered = 0) {
  auto& state = self->state;
  hand_out(self, next_events(state, covered));
  if (state.settings.mark)
    state.settings.mark->advance(state.position);
  if (!state.started && !state.epoch.empty() && state.position >= state.target)
    begin(self);
}

// -- reading ------------------------------------------------------------------

void failed(self_pointer self, const caf::error& why) {
  auto& state = self->state;
  state.reading = false;
  if (!std::exchange(state.failing, true))
    log::warning("event_feed", "the events cannot be read",
                 {{"why", detail(why)}});
  look_later(self, state.settings.retry);
}

void succeeded(event_feed_state& state) {
  state.reading = false;
  if (std::exchange(state.failing, false))
    log::info("event_feed", "the events can be read again");
}

void look(self_pointer self);

/// Finds out where the stream is, and begins as far behind as the ring goes.
void locate(self_pointer self, const event_page& page) {
  auto& state = self->state;
  succeeded(state);
  state.epoch = page.epoch;
  state.target = page.last;
  state.known = std::max(state.known, page.last);
  auto room = static_cast<int64_t>(state.settings.ring_count);
  state.position = std::max({page.last - room, page.pruned_to, int64_t{0}});
  move_on(self);
  look(self);
}

/// `asked`: our position, `known`: what was said, when the page was asked for.
void add_page(self_pointer self, event_page page, int64_t asked,
              int64_t known) {
  auto& state = self->state;
  succeeded(state);
  if (page.epoch != state.epoch || page.last < asked) {
    log::error("event_feed", "the database has another stream",
               {{"position", asked}, {"last", page.last}});
    return self->quit(
        caf::make_error(errc::internal, std::string{"another stream"}));
  }
  auto n = page.rows.size();
  auto whole = n < static_cast<size_t>(state.settings.page);
  auto covered = whole ? page.last : page.rows.back().position;
  if (auto gone = covered - asked - static_cast<int64_t>(n); gone > 0)
    log::warning("event_feed", "events were removed before they were read",
                 {{"count", gone}, {"pruned_to", page.pruned_to}});
  if (state.known == known) // what was said beyond this is not true
    state.known = std::max(page.last, state.position);
  take(state, std::move(page.rows));
  move_on(self, covered);
  if (!whole)
    look(self);
  else if (state.known > state.position)
    look_later(self, state.settings.patience);
}

void read_rows(self_pointer self) {
  auto& state = self->state;
  state.reading = true;
  auto locating = state.epoch.empty();
  event_query query{state.position, state.settings.page};
  if (locating)
    query = {INT64_MAX, 0};
  self->request(state.settings.rows(), caf::infinite, atom::list_v,
                system_call(rows_limit), query)
      .then(
          [self, locating, asked = state.position,
           known = state.known](event_page& page) {
            if (locating)
              locate(self, page);
            else
              add_page(self, std::move(page), asked, known);
          },
          [self](const caf::error& why) { failed(self, why); });
}

/// Reads if something is missing.
void look(self_pointer self) {
  auto& state = self->state;
  if (!state.reading && (!state.started || state.known > state.position))
    read_rows(self);
}

void publish(self_pointer self, events committed) {
  auto& state = self->state;
  take(state, std::move(committed));
  if (state.epoch.empty())
    return;
  move_on(self);
  if (state.known > state.position && !state.reading)
    look_later(self, state.settings.patience);
}

caf::result<stream_position> join(self_pointer self, const caf::actor& hub) {
  auto& state = self->state;
  if (state.started) {
    let_in(self, hub);
    return stream_position{state.epoch, state.position};
  }
  auto promise = self->make_response_promise<stream_position>();
  state.joining.push_back({hub, owed{promise}});
  return promise;
}

} // namespace

event_feed_actor::behavior_type event_feed(event_feed_pointer self,
                                           event_feed_settings settings) {
  self->state.ring = event_ring{settings.ring_count, settings.ring_bytes};
  self->state.settings = std::move(settings);
  self->set_down_handler([self](const caf::down_msg& x) {
    std::erase_if(self->state.hubs,
                  [&](auto& hub) { return hub.address() == x.source; });
  });
  read_rows(self);
  self->delayed_send(self, self->state.settings.sweep, atom::sweep_v);
  return {
      [=](atom::publish, events& committed) {
        publish(self, std::move(committed));
      },
      [=](atom::notice, int64_t position) {
        if (position == own)
          self->state.timed = false;
        self->state.known = std::max(self->state.known, position);
        look(self);
      },
      [=](atom::join, const caf::actor& hub) { return join(self, hub); },
      [=](atom::replay, const replay_query& query) {
        return replay_events(self, query);
      },
      [=](atom::sweep) {
        auto& state = self->state;
        if (auto& mark = state.settings.mark) // who told of it met no feed
          state.known = std::max(state.known, mark->committed.load());
        if (state.settings.shared && state.started && !state.reading)
          read_rows(self);
        else
          look(self);
        self->delayed_send(self, state.settings.sweep, atom::sweep_v);
      },
  };
}

} // namespace callboard::actors
