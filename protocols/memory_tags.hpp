// The tags that every entry of the memory carries: who, when, project, why
// (behaviour.md section 11).
#pragma once

#include "protocols/memory.hpp"

#include <string>
#include <string_view>

namespace callboard {

inline constexpr std::string_view memory_project = "ruv-sparc-ui-dashboard";

/// What an entry's tags are made of; the rest is fixed.
struct memory_source {
  std::string agent_id = "backend-dev";
  std::string agent_category = "backend";
  std::string user_id = "system";
  std::string task_id;
  std::string additional; ///< JSON object, or empty for none
};

/// A complete entry; its id is 0.
memory_entry remember(const memory_source& from, memory_intent intent,
                      std::string content, timestamp now);

} // namespace callboard
