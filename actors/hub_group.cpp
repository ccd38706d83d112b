#include "actors/hub_group.hpp"

#include "protocols/fetch_ahead.hpp"

#include <algorithm>

namespace callboard::actors {

namespace {

constexpr size_t ahead = 4; // sessions whose memory is on its way
/// Of an actor, what a message to it touches: its references, and its mailbox
/// behind them [bytes].
constexpr size_t touched = 256;

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

void hub_group::tell(const caf::strong_actor_ptr& from,
                     const caf::message& what, caf::execution_unit* on) const {
  auto n = members_.size();
  for (size_t i = 0; i < std::min(n, ahead); ++i)
    fetch_ahead(members_[i].to, touched);
  for (size_t i = 0; i < n; ++i) {
    if (i + ahead < n)
      fetch_ahead(members_[i + ahead].to, touched);
    members_[i].to->enqueue(from, caf::make_message_id(), what, on);
  }
}

} // namespace callboard::actors
