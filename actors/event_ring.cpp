#include "actors/event_ring.hpp"

#include "protocols/event_frame.hpp"

#include <algorithm>

namespace callboard::actors {

void event_ring::add(encoded_event_ptr x) {
  if (!kept_.empty() && x->row.position != kept_.back()->row.position + 1)
    clear();
  bytes_ += size_of(*x);
  kept_.push_back(std::move(x));
  while (kept_.size() > 1 && (kept_.size() > max_count_ || bytes_ > max_bytes_))
    drop_first();
}

void event_ring::clear() {
  kept_.clear();
  bytes_ = 0;
}

bool event_ring::covers(int64_t after) const {
  return !kept_.empty() && after >= first() - 1;
}

replay event_ring::select(int64_t after, int64_t until,
                          const audience_of_session& who, int64_t limit,
                          int64_t most) const {
  replay out;
  out.next = after;
  auto end = std::min(until, after + most);
  for (auto i = after + 1; i <= end; ++i) {
    if (static_cast<int64_t>(out.events.size()) >= limit)
      break;
    auto& x = kept_[static_cast<size_t>(i - first())];
    if (concerns(*x, who))
      out.events.push_back(x);
    out.next = i;
  }
  out.more = out.next < until;
  return out;
}

void event_ring::drop_first() {
  bytes_ -= size_of(*kept_.front());
  kept_.pop_front();
}

} // namespace callboard::actors
