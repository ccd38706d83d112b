// Who failed to log in how often: by account and address, and by account from
// anywhere. Names stand here as they were typed, whether such an account exists
// or not: nothing tells the two apart.
#pragma once

#include "actors/login_backoff.hpp"
#include "protocols/messages.hpp"

#include <string>
#include <unordered_map>

namespace callboard::actors {

struct login_rules {
  /// Of one address for one account.
  backoff_rules pair;
  /// Of all addresses together. Shorter: a stranger must not lock out the
  /// owner; and not for an address from which the owner logged in before.
  backoff_rules account{20, std::chrono::milliseconds{1000},
                        std::chrono::milliseconds{60'000},
                        std::chrono::milliseconds{3'600'000}};
  size_t max_entries = 100'000; ///< then the least recent one is forgotten
};

/// Times are monotonic [ms].
class login_book {
public:
  explicit login_book(login_rules rules) : rules_(rules) {}

  /// Counts an attempt as failed, or refuses it (`quota::retry_after`).
  quota take(const std::string& name, const std::string& address, int64_t now);

  /// The attempt was good: nothing is held against this address.
  void succeeded(const std::string& name, const std::string& address,
                 int64_t now);

  /// The password was not even compared.
  void take_back(const std::string& name, const std::string& address,
                 int64_t now);

  /// Drops what no longer matters.
  void forget(int64_t now);

  size_t size() const { return pairs_.size() + accounts_.size(); }

private:
  struct pair_entry {
    attempts tries;
    int64_t known_until = 0; ///< the owner logged in from here
  };

  void make_room(int64_t now);

  login_rules rules_;
  std::unordered_map<std::string, pair_entry> pairs_;
  std::unordered_map<std::string, attempts> accounts_;
};

} // namespace callboard::actors
