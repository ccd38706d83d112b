// Waits for what nothing announces.
#pragma once

#include "tests/support/api.hpp"

#include <chrono>
#include <string>
#include <thread>

namespace callboard::test {

/// Asks until the path answers `status`, 30 s at most; how long it took.
inline std::chrono::milliseconds until(api& client, const std::string& path,
                                       int status) {
  using clock = std::chrono::steady_clock;
  auto begin = clock::now();
  while (clock::now() - begin < std::chrono::seconds{30}) {
    if (client.get(path).status == status)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now()
                                                               - begin);
}

/// Asks until `f` says yes, 30 s at most; whether it did.
template <class F>
bool eventually(F f) {
  for (int i = 0; i < 1500; ++i) {
    if (f())
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return f();
}

/// How often a long test repeats: `CALLBOARD_SOAK` set (deploy/soak.sh) means
/// `full` times, else `brief` times.
inline int rounds(int brief, int full) {
  return std::getenv("CALLBOARD_SOAK") != nullptr ? full : brief;
}

} // namespace callboard::test
