#include "actors/hub_group.hpp"

#include "protocols/fetch_ahead.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

constexpr size_t ahead = 4; // sessions whose memory is on its way
/// Of an actor from its references on, what a message to it touches, and its
/// handling soon after [bytes].
constexpr size_t touched = 2048;

} // namespace

void hub_group::add(hub_session& x) {
  x.*kind_ = members_.size();
  members_.push_back(
      {caf::actor_cast<caf::actor_control_block*>(x.handle), &x});
}

void hub_group::remove(hub_session& x) {
  auto at = x.*kind_;
  members_[at] = members_.back();
  members_[at].session->*kind_ = at;
  members_.pop_back();
}

size_t hub_group::tell(const caf::strong_actor_ptr& from,
                       const caf::message& what, caf::execution_unit* on,
                       size_t end, size_t most) const {
  auto i = std::min(end, members_.size());
  auto stop = i - std::min(i, most);
  for (auto k = i; k > stop && k + ahead > i; --k)
    fetch_ahead(members_[k - 1].to, touched);
  while (i > stop) {
    --i;
    if (i >= stop + ahead)
      fetch_ahead(members_[i - ahead].to, touched);
    members_[i].to->enqueue(from, caf::make_message_id(), what, on);
  }
  return stop;
}

} // namespace callboard::actors
