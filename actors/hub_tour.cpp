// What the sessions of a hub are told, some at a time.
#include "actors/hub.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

namespace callboard::actors {

namespace {

using self_pointer = hub_pointer;

constexpr size_t told_at_once = 64; // sessions; their memory fits a cache

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
void spread(hub_state& state, const encoded_events& all) {
  state.spread_to = all.back()->row.position;
  auto& legs = state.legs;
  if (!state.admins->empty())
    legs.push_back({state.admins, message_of(all)});
  auto parts = sorted(all);
  auto for_everyone = !parts.everyone.empty();
  for (auto& [user, list] : parts.users)
    if (auto i = state.users.find(user); i != state.users.end())
      legs.push_back({i->second, message_of(std::move(list))});
  if (!for_everyone)
    return;
  auto common = message_of(std::move(parts.everyone));
  for (auto& [user, group] : state.users)
    if (parts.users.count(user) == 0)
      legs.push_back({group, common});
}

/// Tells some. @returns whether more are to be told.
bool tell_some(self_pointer self) {
  auto& state = self->state;
  for (auto room = told_at_once; room > 0;) {
    if (state.legs.empty()) {
      if (state.waiting.empty())
        return false;
      spread(state, std::exchange(state.waiting, {}));
      continue;
    }
    auto& leg = state.legs.front();
    auto end = std::min(leg.end, leg.whom->size());
    leg.end
        = leg.whom->tell(self->ctrl(), leg.what, self->context(), end, room);
    room -= end - leg.end;
    if (leg.end == 0)
      state.legs.pop_front();
  }
  return !state.legs.empty() || !state.waiting.empty();
}

/// Goes on behind those who were told, while what they need is in a cache; and
/// a loop with thousands of them has time for others.
void tour(self_pointer self) {
  auto& state = self->state;
  if (state.paced || !tell_some(self))
    return;
  state.paced = true;
  self->request(state.pacer, caf::infinite, atom::retry_v).then([self] {
    self->state.paced = false;
    tour(self);
  });
}

/// Its turn comes when all who were sent something before had theirs.
caf::behavior pacer() {
  return {[](atom::retry) {}};
}

} // namespace

void begin_tours(self_pointer self) {
  self->state.pacer = self->spawn<caf::linked>(pacer);
}

void tell(self_pointer self, hub_group_ptr whom, caf::message what) {
  self->state.legs.push_back({std::move(whom), std::move(what)});
  tour(self);
}

void deliver(self_pointer self, const encoded_events_ptr& all) {
  auto& state = self->state;
  auto& at = state.kept->at;
  if (all->empty() || all->back()->row.position <= at.position)
    return;
  at.position = all->back()->row.position;
  auto mine = own(*all);
  state.waiting.insert(state.waiting.end(), mine.begin(), mine.end());
  tour(self);
}

} // namespace callboard::actors
