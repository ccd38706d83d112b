// One value of a row, as both databases and the wire between nodes know it.
#pragma once

#include "protocols/timestamp.hpp"

#include <caf/error.hpp>
#include <caf/sec.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace callboard {

struct null_t {
  bool operator==(const null_t&) const = default;
};

/// null, boolean, integer, text (also canonical JSON, enums) or instant.
using cell = std::variant<null_t, bool, int64_t, std::string, timestamp>;

/// The cells of one row, in the order of its entity's fields.
using record = std::vector<cell>;

inline bool is_null(const cell& x) { return std::holds_alternative<null_t>(x); }

} // namespace callboard
