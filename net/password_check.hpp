// Compares a password with an account's, slower with every wrong one.
#pragma once

#include "net/exchange.hpp"

#include <functional>
#include <optional>
#include <string>

namespace callboard::net {

/// A name as it was typed, and a password.
struct presented_password {
  std::string username;
  std::string password;
};

/// Lets an attempt on this name through, or answers 429 with `Retry-After`.
/// Whoever goes on ends the attempt with `end_attempt`, unless it failed.
void begin_attempt(const exchange_ptr& x, const std::string& username,
                   std::function<void()> go_on);

/// `good`: the secret was right; false: it was never compared.
void end_attempt(const exchange_ptr& x, const std::string& username, bool good);

/// Asks whether the password fits the hash (empty: of an unknown account, the
/// same work and then no), within an attempt on its name.
void compare_password(const exchange_ptr& x, const presented_password& given,
                      const std::string& hash,
                      std::function<void(bool good)> then);

} // namespace callboard::net
