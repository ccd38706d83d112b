// Load that knows what it was promised.
#pragma once

#include "tests/support/served.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace callboard::test {

/// Creates tasks on a thread of its own until told to stop.
class writer {
public:
  writer(uint16_t port, std::string token);
  ~writer() { finish(); }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  /// What follows may be read afterwards.
  void finish();

  std::vector<int64_t> acknowledged; ///< ids of answers with 201
  int refused = 0;                   ///< other answers
  int broken = 0;      ///< sent on a connection that ended without an answer
  int unreachable = 0; ///< no connection

private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// Several at once.
class writers {
public:
  writers(int count, uint16_t port, const std::string& token);

  /// Ends them and adds up. May be called again.
  void finish();

  std::vector<int64_t> acknowledged;
  int refused = 0;
  int broken = 0;

private:
  std::vector<std::unique_ptr<writer>> all_;
};

/// Every acknowledged task is there, each task has its audit entry and its
/// event, and no position is missing. `client`: of the tasks' owner.
void check_history(const served& x, api& client,
                   const std::vector<int64_t>& acknowledged);

} // namespace callboard::test
