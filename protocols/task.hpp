// A scheduled task (rest-api section 5).
#pragma once

#include "protocols/entity.hpp"
#include "protocols/execution.hpp"
#include "protocols/list_of.hpp"
#include "protocols/page.hpp"

#include <caf/expected.hpp>

#include <string>
#include <vector>

namespace callboard {

enum class task_status : uint8_t {
  pending,
  running,
  completed,
  failed,
  disabled,
  deleted
};
template <>
inline constexpr auto enum_names<task_status> = std::to_array<std::string_view>(
    {"pending", "running", "completed", "failed", "disabled", "deleted"});

enum class task_priority : uint8_t { low, medium, high, critical };
template <>
inline constexpr auto
    enum_names<task_priority> = std::to_array<std::string_view>(
        {"low", "medium", "high", "critical"});

struct task {
  int64_t id = 0;
  std::string skill_name;
  std::optional<std::string> schedule_cron; ///< none: one-shot
  std::optional<timestamp> next_run_at;     ///< none: never again
  json_text params;                         ///< at most 64 KiB
  task_status status = task_status::pending;
  timestamp created_at;
  timestamp updated_at;
  std::optional<std::string> user_id; ///< owner as text; none: system row
  std::optional<std::string> title;   ///< shown as `skill_name` when none
  std::optional<std::string> description;
  task_priority priority = task_priority::medium;
  std::optional<int64_t> project_id;
  std::optional<std::string> assignee;
  std::optional<timestamp> due_date;
  std::optional<int64_t> position; ///< 1-based inside a project
  std::optional<timestamp> last_run_at;
  std::string search_text; ///< title, skill, description, folded
  int64_t version = 1;     ///< +1 with every UPDATE
};

/// `^[a-zA-Z0-9_-]+$`
std::optional<std::string> check_skill_name(std::string_view text);
/// Five fields or a macro; see cron.hpp.
std::optional<std::string> check_cron(std::string_view text);

template <>
struct entity<task> {
  static constexpr std::string_view table = "scheduled_tasks";
  static constexpr auto fields = std::tuple{
      field{"id", &task::id},
      field{"skill_name",
            &task::skill_name,
            {.create = given::required,
             .min = 1,
             .max = 255,
             .accepts = check_skill_name}},
      field{"schedule_cron",
            &task::schedule_cron,
            {.create = given::optional,
             .update = given::optional,
             .min = 9,
             .max = 100,
             .accepts = check_cron}},
      field{"next_run_at", &task::next_run_at, {.create = given::optional}},
      field{"params",
            &task::params,
            {.create = given::optional,
             .update = given::optional,
             .max = 65'536,
             .null = null_input::resets,
             .column = "params_json"}},
      field{"status",
            &task::status,
            {.create = given::optional, .update = given::optional}},
      field{"created_at", &task::created_at},
      field{"updated_at", &task::updated_at, {.audited = false}},
      field{"user_id", &task::user_id},
      field{"title",
            &task::title,
            {.create = given::optional,
             .update = given::optional,
             .max = 255,
             .shown = false}},
      field{
          "description",
          &task::description,
          {.create = given::optional, .update = given::optional, .max = 2000}},
      field{"priority",
            &task::priority,
            {.create = given::optional, .update = given::optional}},
      field{"project_id",
            &task::project_id,
            {.create = given::optional,
             .update = given::optional,
             .min = 1,
             .max = 2'147'483'647}},
      field{"assignee",
            &task::assignee,
            {.create = given::optional, .update = given::optional, .max = 255}},
      field{"due_date",
            &task::due_date,
            {.create = given::optional, .update = given::optional}},
      field{"position",
            &task::position,
            {.create = given::optional,
             .update = given::optional,
             .min = 1,
             .max = 2'147'483'647}},
      field{"last_run_at", &task::last_run_at},
      field{"search_text",
            &task::search_text,
            {.shown = false, .audited = false}},
      field{"version", &task::version, {.shown = false, .audited = false}},
  };

  /// A schedule or a first run; nothing is created deleted.
  static void check(const patch<task>& given_fields, given rules::*when,
                    violations& problems);
};

/// A task with its newest executions, at most ten, newest first.
struct task_detail {
  task row;
  std::vector<execution> executions;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, task_detail& x) {
  return f(caf::meta::type_name("task_detail"), x.row, x.executions);
}

enum class task_order : uint8_t { created_at, next_run_at, updated_at, status };
template <>
inline constexpr auto enum_names<task_order> = std::to_array<std::string_view>(
    {"created_at", "next_run_at", "updated_at", "status"});

enum class sort_order : uint8_t { asc, desc };
template <>
inline constexpr auto
    enum_names<sort_order> = std::to_array<std::string_view>({"asc", "desc"});

/// What a list asks for; empty texts and 0 mean "any".
struct task_query {
  std::string owner;  ///< user id as text; empty: every owner
  std::string status; ///< empty: all but deleted
  std::string skill_name;
  int64_t project_id = 0;
  std::string search; ///< substring of title, skill or description, any case
  task_order sort_by = task_order::created_at;
  bool descending = true;
  int64_t limit = 20;
  int64_t offset = 0;
  list_position after; ///< instead of an offset
};

list_order order_of(const task_query& x);

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, task_query& x) {
  return f(caf::meta::type_name("task_query"), x.owner, x.status, x.skill_name,
           x.project_id, x.search, x.sort_by, x.descending, x.limit, x.offset,
           x.after);
}

/// Body of `POST /tasks/status`: all of them, or none.
struct task_status_change {
  static constexpr int64_t max_tasks = 1000;
  id_list task_ids;
  task_status status = task_status::pending;
};

template <>
struct entity<task_status_change> {
  static constexpr auto fields = std::tuple{
      field{"task_ids",
            &task_status_change::task_ids,
            {.create = given::required,
             .min = 1,
             .max = task_status_change::max_tasks}},
      field{"status", &task_status_change::status, {.create = given::required}},
  };

  /// `deleted` comes from DELETE alone.
  static void check(const patch<task_status_change>& given_fields,
                    given rules::*when, violations& problems);
};

/// A task (id 0: there is none) and a page of its runs.
struct task_history {
  task row;
  page<execution> runs;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, task_history& x) {
  return f(caf::meta::type_name("task_history"), x.row, x.runs);
}

} // namespace callboard
