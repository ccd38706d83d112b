// A software agent in the shared registry (rest-api section 7).
#pragma once

#include "protocols/execution.hpp"
#include "protocols/list_of.hpp"

namespace callboard {

enum class agent_type : uint8_t {
  coder,
  reviewer,
  tester,
  planner,
  researcher,
  api_designer,
  backend_dev,
  mobile_dev,
  ml_developer,
  system_architect,
  code_analyzer,
  hierarchical_coordinator,
  mesh_coordinator,
  adaptive_coordinator,
  custom
};
template <>
inline constexpr auto enum_names<agent_type> = std::to_array<std::string_view>(
    {"coder", "reviewer", "tester", "planner", "researcher", "api-designer",
     "backend-dev", "mobile-dev", "ml-developer", "system-architect",
     "code-analyzer", "hierarchical-coordinator", "mesh-coordinator",
     "adaptive-coordinator", "custom"});

enum class agent_status : uint8_t { active, idle, busy, offline, error };
template <>
inline constexpr auto
    enum_names<agent_status> = std::to_array<std::string_view>(
        {"active", "idle", "busy", "offline", "error"});

/// The dashboard's three words: `active` is busy, `offline` is idle.
std::string_view dashboard_status(agent_status x);

struct agent {
  int64_t id = 0;
  std::string name; ///< unique among those that are not deleted
  agent_type type = agent_type::custom;
  text_list capabilities; ///< distinct
  agent_status status = agent_status::idle;
  std::optional<timestamp> last_active_at;
  std::optional<int64_t> user_id; ///< who created it; none: shared
  timestamp created_at;
  timestamp updated_at;
  std::optional<timestamp> deleted_at;
  std::optional<int64_t> current_task; ///< of its newest open run; on request
  int64_t version = 1; ///< +1 with every UPDATE but of `last_active_at` alone
};

template <>
struct entity<agent> {
  static constexpr std::string_view table = "agents";
  static constexpr auto fields = std::tuple{
      field{"id", &agent::id},
      field{"name",
            &agent::name,
            {.create = given::required,
             .update = given::optional,
             .min = 1,
             .max = 255}},
      field{"type",
            &agent::type,
            {.create = given::required, .update = given::optional}},
      field{"capabilities",
            &agent::capabilities,
            {.create = given::optional,
             .update = given::optional,
             .max = 100,
             .column = "capabilities_json"}},
      field{"status",
            &agent::status,
            {.create = given::optional, .update = given::optional}},
      field{"last_active_at", &agent::last_active_at, {.audited = false}},
      field{"user_id", &agent::user_id},
      field{"created_at", &agent::created_at},
      field{"updated_at", &agent::updated_at, {.audited = false}},
      field{"deleted_at", &agent::deleted_at, {.shown = false}},
      field{"current_task",
            &agent::current_task,
            {.shown = false, .audited = false, .stored = false}},
      field{"version", &agent::version, {.shown = false, .audited = false}},
  };
};

/// Body of `PUT /agents/{id}/status`.
struct agent_status_change {
  agent_status status = agent_status::idle;
};

template <>
struct entity<agent_status_change> {
  static constexpr auto fields = std::tuple{
      field{
          "status", &agent_status_change::status, {.create = given::required}},
  };
};

/// What a list asks for; empty means "any". Deleted ones never.
struct agent_query {
  std::string type;
  std::string status;
  std::vector<std::string> capabilities; ///< at least one of them
  int64_t limit = 100;
  int64_t offset = 0;
  list_position after;   ///< instead of an offset
  bool complete = false; ///< with `agent::current_task`
};

inline list_order order_of(const agent_query&) {
  return {"last_active_at", true, true};
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, agent_query& x) {
  return f(caf::meta::type_name("agent_query"), x.type, x.status,
           x.capabilities, x.limit, x.offset, x.after, x.complete);
}

/// One agent with so many of its newest runs.
struct agent_item_query {
  int64_t agent_id = 0;
  int64_t history_limit = 50;
  bool complete = false; ///< with `agent::current_task`
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, agent_item_query& x) {
  return f(caf::meta::type_name("agent_item_query"), x.agent_id,
           x.history_limit, x.complete);
}

/// A run of an agent, and whose task it was.
struct agent_run {
  execution run;
  std::string owner; ///< user id as text; empty: a system task
  std::string title; ///< of the task, or its skill
  std::string skill;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, agent_run& x) {
  return f(caf::meta::type_name("agent_run"), x.run, x.owner, x.title, x.skill);
}

/// The newest runs of one agent, or of all (`agent_id` 0).
struct activity_query {
  int64_t agent_id = 0;
  int64_t limit = 100;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, activity_query& x) {
  return f(caf::meta::type_name("activity_query"), x.agent_id, x.limit);
}

/// Newest first.
struct agent_runs {
  std::vector<agent_run> rows;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, agent_runs& x) {
  return f(caf::meta::type_name("agent_runs"), x.rows);
}

/// Counts over all finished runs of an agent.
struct agent_metrics {
  int64_t finished = 0;
  int64_t successes = 0;
  int64_t timed = 0;       ///< with a duration
  int64_t duration_ms = 0; ///< of all these together
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, agent_metrics& x) {
  return f(caf::meta::type_name("agent_metrics"), x.finished, x.successes,
           x.timed, x.duration_ms);
}

/// An agent (id 0: there is none), its newest runs first.
struct agent_detail {
  agent row;
  std::vector<agent_run> history;
  agent_metrics metrics;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, agent_detail& x) {
  return f(caf::meta::type_name("agent_detail"), x.row, x.history, x.metrics);
}

} // namespace callboard
