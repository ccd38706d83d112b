// The rows of authenticated users, kept for seconds on one event loop (A20).
#pragma once

#include "protocols/user.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <unordered_map>

namespace callboard::net {

using user_ptr = std::shared_ptr<const user>;

/// One per loop, used on its thread alone. An entry is good for five seconds
/// and while no account was changed in this process.
class user_cache {
public:
  using clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds lifetime{5};
  static constexpr size_t max_entries = 10'000;

  explicit user_cache(std::shared_ptr<std::atomic<uint64_t>> generation)
      : generation_(std::move(generation)) {}

  /// The generation to remember with a row: read it *before* asking.
  uint64_t generation() const { return generation_->load(); }

  /// Null when unknown, too old, or changed since.
  user_ptr find(int64_t id, clock::time_point now) const {
    auto i = entries_.find(id);
    if (i == entries_.end() || i->second.generation != generation()
        || now - i->second.loaded > lifetime)
      return nullptr;
    return i->second.row;
  }

  void put(user_ptr row, uint64_t generation, clock::time_point now) {
    if (entries_.size() >= max_entries)
      entries_.clear(); // rare, and cheaper than an order of use
    auto id = row->id;
    entries_[id] = {std::move(row), generation, now};
  }

private:
  struct entry {
    user_ptr row;
    uint64_t generation = 0;
    clock::time_point loaded;
  };
  std::shared_ptr<std::atomic<uint64_t>> generation_;
  std::unordered_map<int64_t, entry> entries_;
};

} // namespace callboard::net
