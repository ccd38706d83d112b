// Sessions that hear the same, side by side in memory: an event goes to
// thousands of them, and what that costs is waiting for their memory.
#pragma once

#include "protocols/realtime.hpp"

#include <caf/all.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace callboard::actors {

/// A session that a hub knows.
struct hub_session {
  caf::actor handle;
  audience_of_session who;
  size_t audience_place = 0; ///< in the group of its audience
  size_t turn_place = 0;     ///< in that of its turn to be swept
};

/// Who is in it keeps its address, and is in one group per kind of place.
class hub_group {
public:
  using place = size_t hub_session::*;

  explicit hub_group(place kind) : kind_(kind) {}

  void add(hub_session& x);
  /// The last one takes its place.
  void remove(hub_session& x);
  bool empty() const { return members_.empty(); }
  size_t size() const { return members_.size(); }

  /// Those before `end` get the message, whose content is shared: the last of
  /// them first, `most` at most. @returns their new end. Whoever leaves between
  /// two calls, all who stay are told, some of them twice.
  size_t tell(const caf::strong_actor_ptr& from, const caf::message& what,
              caf::execution_unit* on, size_t end, size_t most) const;

private:
  struct member {
    caf::actor_control_block* to; // the session holds it
    hub_session* session;
  };

  place kind_;
  std::vector<member> members_;
};
using hub_group_ptr = std::shared_ptr<hub_group>;

} // namespace callboard::actors
