#include "net/frame_queue.hpp"

#include <algorithm>
#include <utility>

namespace callboard::net {

namespace {

constexpr size_t kept_room = 16; // frames; an idle queue keeps no more

} // namespace

bool frame_queue::push(frame_ptr x) {
  if (size() >= max_frames || bytes_ + x->bytes.size() > max_bytes)
    return false;
  push_last(std::move(x));
  return true;
}

void frame_queue::push_last(frame_ptr x) {
  bytes_ += x->bytes.size();
  frames_.push_back(std::move(x));
}

size_t frame_queue::peek(std::span<boost::asio::const_buffer> into) const {
  auto n = std::min(into.size(), size());
  for (size_t i = 0; i < n; ++i) {
    std::string_view bytes{frames_[first_ + i]->bytes};
    if (i == 0)
      bytes.remove_prefix(sent_);
    into[i] = boost::asio::buffer(bytes);
  }
  return n;
}

void frame_queue::consume(size_t size) {
  bytes_ -= size;
  sent_ += size;
  while (first_ < frames_.size() && sent_ >= frames_[first_]->bytes.size()) {
    sent_ -= frames_[first_]->bytes.size();
    frames_[first_++] = nullptr;
  }
  tidy();
}

void frame_queue::drop_unsent(size_t owed) {
  auto begun = std::max(sent_ + owed, size_t{sent_ > 0}); // of the first one
  size_t kept = 0;
  auto end = first_;
  for (; end < frames_.size() && kept < begun; ++end)
    kept += frames_[end]->bytes.size();
  frames_.resize(end);
  bytes_ = kept - std::min(kept, sent_);
  tidy();
}

/// Gives back the room of what is gone.
void frame_queue::tidy() {
  if (first_ == frames_.size()) {
    frames_.clear();
    first_ = 0;
    if (frames_.capacity() > kept_room)
      frames_ = {};
  } else if (first_ > max_frames) {
    frames_.erase(frames_.begin(),
                  frames_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

} // namespace callboard::net
