// What people and agents remember of their work, with complete tags (rest-api
// section 8, behaviour.md section 11).
#pragma once

#include "protocols/entity.hpp"

#include <string>
#include <vector>

namespace callboard {

enum class memory_intent : uint8_t {
  implementation,
  bugfix,
  refactor,
  testing,
  documentation,
  analysis,
  planning,
  research
};
template <>
inline constexpr auto
    enum_names<memory_intent> = std::to_array<std::string_view>(
        {"implementation", "bugfix", "refactor", "testing", "documentation",
         "analysis", "planning", "research"});

struct memory_entry {
  int64_t id = 0;
  std::string task_id; ///< as given, or `auto-` and 8 hex digits
  std::string content;
  json_text metadata; ///< the tags, see `memory_tags.hpp`
  memory_intent intent = memory_intent::implementation;
  std::string project_id;
  std::string agent_id;
  std::string user_id; ///< id as text, or `system`: everybody's
  timestamp created_at;
  std::optional<timestamp> synced_at; ///< none: no memory server has it
};

template <>
struct entity<memory_entry> {
  static constexpr std::string_view table = "memory_entries";
  static constexpr auto fields = std::tuple{
      field{"id", &memory_entry::id},
      field{"task_id", &memory_entry::task_id},
      field{"content", &memory_entry::content},
      field{"metadata", &memory_entry::metadata},
      field{"intent", &memory_entry::intent},
      field{"project_id", &memory_entry::project_id},
      field{"agent_id", &memory_entry::agent_id},
      field{"user_id", &memory_entry::user_id},
      field{"created_at", &memory_entry::created_at},
      field{"synced_at", &memory_entry::synced_at},
  };
};

/// Entries are a log themselves.
template <>
inline constexpr bool audits_creation<memory_entry> = false;

/// Body of `POST /memory/store`.
struct memory_note {
  std::string content;
  memory_intent intent = memory_intent::implementation;
  std::optional<std::string> user_id; ///< counts for admins alone
  std::optional<std::string> task_id;
  std::optional<json_text> additional_metadata;
};

template <>
struct entity<memory_note> {
  static constexpr auto fields = std::tuple{
      field{"content",
            &memory_note::content,
            {.create = given::required, .min = 1}},
      field{"intent", &memory_note::intent, {.create = given::required}},
      field{"user_id",
            &memory_note::user_id,
            {.create = given::optional, .min = 1, .max = 255}},
      field{"task_id",
            &memory_note::task_id,
            {.create = given::optional, .min = 1, .max = 255}},
      field{"additional_metadata",
            &memory_note::additional_metadata,
            {.create = given::optional, .max = 65'536}},
  };
};

/// Body of `POST /memory/search`.
struct memory_search {
  std::string query;
  std::optional<std::string> project_id;
  std::optional<memory_intent> task_type;
  int64_t limit = 10;
};

template <>
struct entity<memory_search> {
  static constexpr auto fields = std::tuple{
      field{"query",
            &memory_search::query,
            {.create = given::required, .min = 1, .max = 1000}},
      field{"project_id",
            &memory_search::project_id,
            {.create = given::optional, .max = 255}},
      field{
          "task_type", &memory_search::task_type, {.create = given::optional}},
      field{"limit",
            &memory_search::limit,
            {.create = given::optional, .min = 1, .max = 50}},
  };
};

/// An entry, and how well it fits [0..1].
struct memory_match {
  memory_entry entry;
  double score = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, memory_match& x) {
  return f(caf::meta::type_name("memory_match"), x.entry, x.score);
}

/// Which entries hold these words; empty texts mean "any".
struct memory_query {
  std::string owner; ///< sees own entries and `system`'s; empty: all
  std::string text;
  std::string project_id;
  std::string intent;
  int64_t limit = 10;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, memory_query& x) {
  return f(caf::meta::type_name("memory_query"), x.owner, x.text, x.project_id,
           x.intent, x.limit);
}

/// Best first.
struct memory_matches {
  std::vector<memory_match> rows;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, memory_matches& x) {
  return f(caf::meta::type_name("memory_matches"), x.rows);
}

/// The newest entry about a task.
struct memory_task_query {
  std::string owner;
  std::string task_id;
  bool related = true; ///< with entries that share its words
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, memory_task_query& x) {
  return f(caf::meta::type_name("memory_task_query"), x.owner, x.task_id,
           x.related);
}

/// An entry (id 0: there is none) and at most five related ones.
struct memory_detail {
  memory_entry entry;
  std::vector<memory_match> related;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, memory_detail& x) {
  return f(caf::meta::type_name("memory_detail"), x.entry, x.related);
}

/// The newest entries of a project, at most a thousand, without their tags and
/// with the first hundred characters of their content.
struct memory_project_query {
  static constexpr int64_t considered = 1000;
  std::string owner;
  std::string project_id;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, memory_project_query& x) {
  return f(caf::meta::type_name("memory_project_query"), x.owner, x.project_id);
}

/// Newest first.
struct memory_entries {
  std::vector<memory_entry> rows;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, memory_entries& x) {
  return f(caf::meta::type_name("memory_entries"), x.rows);
}

} // namespace callboard
