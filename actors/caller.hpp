// Who waits for an answer of the store.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace callboard::actors {

/// One request that a repository holds. `Reply` is called once at most.
template <class Reply>
struct caller {
  int64_t deadline = 0; ///< as `call::deadline` [ns]
  Reply f;              ///< empty once answered

  /// Moves `f` to `late` if the deadline passed. True if it did.
  bool expire(int64_t now, std::vector<Reply>& late) {
    if (!f || deadline > now)
      return false;
    late.push_back(std::exchange(f, nullptr));
    return true;
  }
};

} // namespace callboard::actors
