// The newest events in memory, without a gap: who was away for a moment is
// served from here.
#pragma once

#include "protocols/realtime.hpp"

#include <deque>

namespace callboard::actors {

/// One thread.
class event_ring {
public:
  /// Keeps at most so many events, and so many bytes of them; the newest one in
  /// any case.
  event_ring(size_t max_count, size_t max_bytes)
      : max_count_(max_count), max_bytes_(max_bytes) {}

  /// Behind a gap it begins anew.
  void add(encoded_event_ptr x);

  void clear();

  /// True if everything behind `after` up to the newest is here.
  bool covers(int64_t after) const;

  /// What is wanted behind `after`, up to `until` (which is here), at most
  /// `limit` events; looks at `most` at most.
  replay select(int64_t after, int64_t until, const audience_of_session& who,
                int64_t limit, int64_t most) const;

  size_t count() const { return kept_.size(); }
  size_t bytes() const { return bytes_; }

private:
  int64_t first() const { return kept_.front()->row.position; }
  void drop_first();

  size_t max_count_;
  size_t max_bytes_;
  size_t bytes_ = 0;
  std::deque<encoded_event_ptr> kept_;
};

} // namespace callboard::actors
