// Load that knows what it was promised.
#pragma once

#include "tests/support/served.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace callboard::test {

/// What became of one task, as far as its writer heard.
struct promised {
  std::string title;           ///< of the last answer
  std::set<std::string> maybe; ///< sent since, and never answered with 200
  bool deleted = false;        ///< as answered
};

/// By id: every task whose creation was answered with 201.
using promises = std::map<int64_t, promised>;

/// Creates, changes and deletes tasks of its own, on a thread of its own, until
/// told to stop.
class writer {
public:
  /// `anew`: opens a connection for each request.
  writer(uint16_t port, std::string token, bool anew);
  ~writer() { finish(); }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  /// What follows may be read afterwards.
  void finish();

  promises acknowledged;
  int kept = 0;        ///< good answers, of all kinds
  int refused = 0;     ///< other answers
  int broken = 0;      ///< sent on a connection that ended without an answer
  int unreachable = 0; ///< no connection

private:
  void run(uint16_t port, const std::string& token, bool anew);
  void create(api& client);
  void change(api& client, int64_t id, int turn);
  void remove(api& client, int64_t id);
  bool good(const answer& got, int status);

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// Several at once, every other one with a connection per request.
class writers {
public:
  writers(int count, uint16_t port, const std::string& token);

  /// Ends them and adds up. May be called again.
  void finish();

  promises acknowledged;
  int kept = 0;
  int refused = 0;
  int broken = 0;

private:
  std::vector<std::unique_ptr<writer>> all_;
};

/// Every promise is kept; every task has one audit entry for its creation and
/// one for each change, one event for its schedule and one for its deletion;
/// and no position is missing. `client`: of the tasks' owner.
void check_history(const served& x, api& client, const promises& acknowledged);

} // namespace callboard::test
