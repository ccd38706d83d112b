// What clients are told about the memory (rest-api section 8). There is no
// memory server yet: the local store is its fallback, and says so.
#pragma once

#include "protocols/kept_answer.hpp"
#include "protocols/memory.hpp"

#include <string>

namespace callboard {

inline constexpr std::string_view memory_fallback = "postgresql_fallback";
inline constexpr std::string_view memory_warning
    = "Memory MCP unavailable, using PostgreSQL fallback";

/// 200: the entry is in the local store.
kept_answer stored_answer(const memory_entry& entry);

} // namespace callboard
