#include "actors/event_replay.hpp"

#include "protocols/event_frame.hpp"
#include "protocols/system_call.hpp"

#include <algorithm>
#include <utility>

namespace callboard::actors {

namespace {

using namespace std::chrono_literals;

constexpr int64_t most_looked_at = 2000; ///< events of one answer from memory
constexpr int64_t most_wanted = 500;     ///< events of one answer [count]

int64_t limit_of(const replay_query& x) {
  return std::clamp<int64_t>(x.limit, 1, most_wanted);
}

replay gap() {
  replay out;
  out.gap = true;
  return out;
}

/// What the page has for who asked.
replay shown(const replay_query& query, event_page page,
             const std::string& epoch) {
  auto after = query.after.position;
  if (page.epoch != epoch || page.pruned_to > after || page.last < after)
    return gap();
  replay out;
  auto whole = static_cast<int64_t>(page.rows.size()) < limit_of(query);
  out.next = whole ? page.last : page.rows.back().position;
  out.next = std::max(after, std::min(out.next, query.until));
  out.more = out.next < query.until;
  for (auto& row : page.rows) {
    if (row.position > out.next)
      break;
    auto x = encode_event(std::move(row), epoch);
    if (concerns(*x, query.who))
      out.events.push_back(std::move(x));
  }
  return out;
}

void read_next(event_feed_pointer self);

/// One less at the rows: the next one's turn.
void done(event_feed_pointer self) {
  --self->state.replays;
  read_next(self);
}

void read_next(event_feed_pointer self) {
  auto& state = self->state;
  if (state.waiting.empty() || state.replays >= state.settings.max_reads)
    return;
  auto x = std::move(state.waiting.front());
  state.waiting.pop_front();
  ++state.replays;
  event_query rows{x.query.after.position, limit_of(x.query)};
  self->request(state.settings.rows(), caf::infinite, atom::list_v,
                system_call(rows_limit), rows)
      .then(
          [self, x](event_page& page) {
            x.promise.deliver(
                shown(x.query, std::move(page), self->state.epoch));
            done(self);
          },
          [self, x](caf::error& why) {
            x.promise.deliver(std::move(why));
            done(self);
          });
}

caf::error refused(const char* text) {
  return caf::make_error(errc::unavailable, std::string{text});
}

} // namespace

caf::result<replay> replay_events(event_feed_pointer self,
                                  const replay_query& query) {
  auto& state = self->state;
  if (!state.started)
    return refused("The stream of events is not known yet");
  if (query.after.epoch != state.epoch || query.after.position < 0)
    return gap();
  auto wanted = query;
  wanted.until = std::min(query.until, state.position);
  auto after = query.after.position;
  // Who is ahead of us heard of it from another process, or made it up: the
  // rows know.
  if (after <= state.position
      && (after >= wanted.until || state.ring.covers(after)))
    return state.ring.select(after, wanted.until, wanted.who, limit_of(wanted),
                             most_looked_at);
  if (state.waiting.size() >= state.settings.max_waiting)
    return refused("Too many replays are waiting");
  auto promise = self->make_response_promise<replay>();
  state.waiting.push_back({std::move(wanted), owed{promise}});
  read_next(self);
  return promise;
}

} // namespace callboard::actors
