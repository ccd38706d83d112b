// Counts over all that a user has (`GET /api/v1/summary`).
#pragma once

#include "protocols/agent.hpp"
#include "protocols/task.hpp"

#include <vector>

namespace callboard {

struct summary_query {
  static constexpr int64_t shown_runs = 10;
  int64_t owner = 0; ///< 0: of everybody
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, summary_query& x) {
  return f(caf::meta::type_name("summary_query"), x.owner);
}

/// Counts by status are in the order of the enum. Deleted rows never count.
struct summary {
  std::vector<int64_t> tasks;
  std::vector<int64_t> agents; ///< of everybody: all see them
  std::vector<int64_t> executions;
  int64_t projects = 0;
  std::vector<task> next_runs; ///< pending ones, soonest first
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, summary& x) {
  return f(caf::meta::type_name("summary"), x.tasks, x.agents, x.executions,
           x.projects, x.next_runs);
}

} // namespace callboard
