// Frames that wait for their socket. Touches no socket.
#pragma once

#include "protocols/realtime.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <span>

namespace callboard::net {

/// One thread at a time; holds nothing while it is empty but a little room.
class frame_queue {
public:
  static constexpr size_t max_frames = 1000;
  static constexpr size_t max_bytes = 4 << 20;

  /// False, and unchanged, when too much would wait.
  bool push(frame_ptr x);

  /// The same without the limit: for the last frame of all.
  void push_last(frame_ptr x);

  /// The bytes that wait, from the first on, in as many pieces as fit.
  /// @returns how many pieces.
  size_t peek(std::span<boost::asio::const_buffer> into) const;

  /// The first `size` bytes are gone.
  void consume(size_t size);

  /// Forgets the frames of which nothing was sent, nor is among the first
  /// `owed` bytes.
  void drop_unsent(size_t owed);

  bool empty() const { return size() == 0; }
  size_t size() const { return frames_.size() - first_; }
  size_t bytes() const { return bytes_; }

private:
  void tidy();

  boost::container::small_vector<frame_ptr, 1> frames_; // mostly one waits
  size_t first_ = 0; ///< of `frames_` that waits
  size_t sent_ = 0;  ///< of the first one [bytes]
  size_t bytes_ = 0; ///< all that waits
};

} // namespace callboard::net
