// All that the system knows about one user.
#pragma once

#include "protocols/agent.hpp"
#include "protocols/audit.hpp"
#include "protocols/memory.hpp"
#include "protocols/project.hpp"
#include "protocols/user.hpp"

namespace callboard {

struct personal_data_query {
  static constexpr int64_t max_rows = 10'000;     ///< of each kind, the newest
  static constexpr int64_t max_executions = 1000; ///< they carry long texts
  int64_t user_id = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, personal_data_query& x) {
  return f(caf::meta::type_name("personal_data_query"), x.user_id);
}

/// `account.id` is 0 if there is no such user.
struct personal_data {
  user account;
  std::vector<refresh_token> sessions; ///< ended ones too
  std::vector<project> projects;       ///< deleted ones too
  std::vector<task> tasks;             ///< deleted ones too
  std::vector<execution> executions;   ///< of these tasks, long texts cut
  std::vector<agent> agents;           ///< made by the user
  std::vector<memory_entry> memory;
  std::vector<audit_entry> audit;     ///< what the user changed
  std::vector<std::string> truncated; ///< kinds of which there is more
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, personal_data& x) {
  return f(caf::meta::type_name("personal_data"), x.account, x.sessions,
           x.projects, x.tasks, x.executions, x.agents, x.memory, x.audit,
           x.truncated);
}

} // namespace callboard
