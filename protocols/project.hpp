// A project: tasks under one name (rest-api section 6).
#pragma once

#include "protocols/list_of.hpp"
#include "protocols/task.hpp"

namespace callboard {

enum class project_status : uint8_t {
  active,
  archived,
  planning,
  in_progress,
  on_hold,
  paused,
  completed,
  deleted
};
template <>
inline constexpr auto
    enum_names<project_status> = std::to_array<std::string_view>(
        {"active", "archived", "planning", "in_progress", "on_hold", "paused",
         "completed", "deleted"});

struct project {
  int64_t id = 0;
  std::string name;
  std::optional<std::string> description;
  std::optional<int64_t> user_id; ///< owner; none: admins alone
  project_status status = project_status::active;
  int64_t tasks_count = 0;  ///< tasks that are not deleted
  int64_t agents_count = 0; ///< agents that ran one of them; on request
  timestamp created_at;
  timestamp updated_at;
  json_text metadata;      ///< at most 64 KiB
  std::string search_text; ///< name and description, folded
  int64_t version = 1;     ///< +1 with every UPDATE
};

/// Not only white space.
std::optional<std::string> check_not_blank(std::string_view text);

template <>
struct entity<project> {
  static constexpr std::string_view table = "projects";
  /// A body for this refuses fields that it does not know.
  static constexpr given rules::*closed = &rules::update;
  static constexpr auto fields = std::tuple{
      field{"id", &project::id},
      field{"name",
            &project::name,
            {.create = given::required,
             .update = given::optional,
             .min = 1,
             .max = 255,
             .accepts = check_not_blank}},
      field{
          "description",
          &project::description,
          {.create = given::optional, .update = given::optional, .max = 2000}},
      field{"user_id", &project::user_id},
      field{"status",
            &project::status,
            {.create = given::optional, .update = given::optional}},
      field{"tasks_count",
            &project::tasks_count,
            {.audited = false, .stored = false}},
      field{"agents_count",
            &project::agents_count,
            {.shown = false, .audited = false, .stored = false}},
      field{"created_at", &project::created_at},
      field{"updated_at", &project::updated_at, {.audited = false}},
      field{"metadata",
            &project::metadata,
            {.create = given::optional,
             .update = given::optional,
             .max = 65'536,
             .null = null_input::resets,
             .column = "metadata_json"}},
      field{"search_text",
            &project::search_text,
            {.shown = false, .audited = false}},
      field{"version", &project::version, {.shown = false, .audited = false}},
  };

  /// `deleted` comes from DELETE alone.
  static void check(const patch<project>& given_fields, given rules::*when,
                    violations& problems);
};

/// A project as far as tasks care.
struct project_reference {
  int64_t id = 0;
  std::optional<int64_t> user_id;
  project_status status = project_status::active;

  bool deleted() const { return status == project_status::deleted; }
};

template <>
struct entity<project_reference> {
  static constexpr std::string_view table = "projects";
  static constexpr auto fields = std::tuple{
      field{"id", &project_reference::id},
      field{"user_id", &project_reference::user_id},
      field{"status", &project_reference::status},
  };
};

/// A leading `-` means descending.
enum class project_order : uint8_t {
  newest,
  oldest,
  most_tasks,
  fewest_tasks,
  by_name,
  by_name_down
};
template <>
inline constexpr auto
    enum_names<project_order> = std::to_array<std::string_view>(
        {"-created_at", "created_at", "-tasks_count", "tasks_count", "name",
         "-name"});

/// What a list asks for; empty texts and 0 mean "any". Deleted ones never.
struct project_query {
  int64_t owner = 0;
  std::string status;
  std::string search; ///< substring of name or description, in any case
  project_order sort_by = project_order::newest;
  int64_t limit = 20;
  int64_t offset = 0;
  list_position after;   ///< instead of an offset
  bool complete = false; ///< with `project::agents_count`
};

list_order order_of(const project_query& x);

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, project_query& x) {
  return f(caf::meta::type_name("project_query"), x.owner, x.status, x.search,
           x.sort_by, x.limit, x.offset, x.after, x.complete);
}

/// Which of a project's living tasks to show, by position, then id.
struct project_tasks_query {
  static constexpr int64_t max_tasks = 1000;
  int64_t project_id = 0;
  int64_t limit = max_tasks;
  int64_t offset = 0;
  bool complete = false; ///< with `project::agents_count`
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, project_tasks_query& x) {
  return f(caf::meta::type_name("project_tasks_query"), x.project_id, x.limit,
           x.offset, x.complete);
}

/// A project (id 0: there is none) and some of its tasks.
struct project_detail {
  project row;
  std::vector<task> tasks;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, project_detail& x) {
  return f(caf::meta::type_name("project_detail"), x.row, x.tasks);
}

/// Body of `POST /projects/{id}/tasks/reorder`: these come first, in this
/// order; all others follow as they stood.
struct task_ordering {
  id_list task_ids;
};

template <>
struct entity<task_ordering> {
  static constexpr auto fields = std::tuple{
      field{"task_ids",
            &task_ordering::task_ids,
            {.create = given::required, .max = 10'000}},
  };
};

} // namespace callboard
