// What no single setting can say: pairs that belong together, and what the
// profile demands.
#pragma once

#include "supervision/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// Something wrong with a configuration whose values are valid one by one.
struct finding {
  std::string name;  ///< of the setting to change
  std::string why;   ///< a phrase behind the name; shows nothing secret
  bool fatal = true; ///< refuses the start; else a warning
};

/// Everything wrong, at once. Pure. What production refuses, staging warns of,
/// and development accepts.
std::vector<finding> check_config(const config& x);

/// Why a key must not sign tokens, as a phrase (`must ...`); empty if it may.
/// Weak is shorter than 32 bytes (RFC 7518 section 3.2), of few different
/// bytes, or a placeholder somebody published.
std::string weakness_of_secret(std::string_view key);

} // namespace callboard
