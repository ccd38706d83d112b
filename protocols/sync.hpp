// YAML sync: a file and the tasks of the database follow one another
// (rest-api section 9, behaviour.md section 9).
#pragma once

#include "protocols/event.hpp"

#include <string>
#include <vector>

namespace callboard {

/// How a conflict came to its end; the first three are an admin's choice.
enum class conflict_end : uint8_t {
  keep_yaml, ///< the database took what the file said
  keep_db,   ///< the file takes what the database says
  merge,     ///< the file's schedule and parameters, the database's status
  cleared,   ///< forgotten; found again while both still disagree
  overtaken, ///< the file's entry was made anew, and taken
};
template <>
inline constexpr auto
    enum_names<conflict_end> = std::to_array<std::string_view>(
        {"keep_yaml", "keep_db", "merge", "cleared", "overtaken"});

/// Of a task: file and database were both changed. A task has one such row at
/// most, which its next conflict takes over.
struct sync_conflict {
  int64_t id = 0;          ///< the task's
  std::string conflict_id; ///< `conflict-<task id>-<created_at [ms]>`
  json_text yaml_data;     ///< the file's entry, as `schedule_json` shows it
  json_text db_data;
  timestamp yaml_updated_at;
  timestamp db_updated_at;
  std::string conflict_reason;
  timestamp created_at;
  std::optional<conflict_end> ended_by; ///< none: it is open
  std::optional<timestamp> ended_at;

  bool open() const { return !ended_by; }
};

template <>
struct entity<sync_conflict> {
  static constexpr std::string_view table = "sync_conflicts";
  static constexpr auto fields = std::tuple{
      field{"id", &sync_conflict::id, {.audited = false}},
      field{"conflict_id", &sync_conflict::conflict_id, {.audited = false}},
      field{"yaml_data", &sync_conflict::yaml_data, {.audited = false}},
      field{"db_data", &sync_conflict::db_data, {.audited = false}},
      field{"yaml_updated_at",
            &sync_conflict::yaml_updated_at,
            {.audited = false}},
      field{"db_updated_at", &sync_conflict::db_updated_at, {.audited = false}},
      field{"conflict_reason",
            &sync_conflict::conflict_reason,
            {.audited = false}},
      field{"created_at", &sync_conflict::created_at, {.audited = false}},
      field{"ended_by", &sync_conflict::ended_by, {.audited = false}},
      field{"ended_at", &sync_conflict::ended_at, {.audited = false}},
  };
};

/// The changes of tasks that come of it are audited.
template <>
inline constexpr bool audits_creation<sync_conflict> = false;

/// What the file says of a task: `id` and `updated_at`, and of the other
/// fields of an entry those that it has.
using schedule_entry = patch<task>;

/// The first fields of a task are those of an entry, named as their columns.
inline constexpr size_t schedule_fields = index_of(&task::user_id) + 1;

/// The row as a whole entry.
schedule_entry entry_of(const task& row);

/// The entry as a JSON object, by column names.
json_text schedule_json(const schedule_entry& x);

/// Adds `in` to the entry as its field `name` (of the column), if a task may
/// have it; else a violation, also for a name that no field has.
void read_entry_field(std::string_view name, const json_value& in,
                      schedule_entry& out, violations& problems);

/// The open conflicts, oldest first.
struct conflict_query {
  int64_t limit = 1000;
  int64_t offset = 0;
  list_position after;
};

inline list_order order_of(const conflict_query&) {
  return {"created_at", false};
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, conflict_query& x) {
  return f(caf::meta::type_name("conflict_query"), x.limit, x.offset, x.after);
}

/// All that the file says.
struct schedule_import {
  static constexpr size_t max_tasks = 1000;
  std::vector<schedule_entry> entries;
  /// False: the file is as we left it, so what is older in it is not an edit.
  bool edited = true;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, schedule_import& x) {
  return f(caf::meta::type_name("schedule_import"), x.entries, x.edited);
}

/// An admin's word on a conflict: one of the first three.
struct conflict_resolution {
  std::string conflict_id;
  conflict_end choice = conflict_end::keep_db;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, conflict_resolution& x) {
  return f(caf::meta::type_name("conflict_resolution"), x.conflict_id,
           x.choice);
}

enum class sync_direction : uint8_t { yaml_to_db, db_to_yaml, bidirectional };
template <>
inline constexpr auto
    enum_names<sync_direction> = std::to_array<std::string_view>(
        {"yaml_to_db", "db_to_yaml", "bidirectional"});

/// A sync that somebody asked for.
struct sync_order {
  sync_direction direction = sync_direction::bidirectional;
  bool force = false; ///< writes the file in spite of conflicts
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, sync_order& x) {
  return f(caf::meta::type_name("sync_order"), x.direction, x.force);
}

/// What a sync came to: the conflicts that it met.
struct sync_report {
  std::vector<sync_conflict> conflicts;
  timestamp at;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, sync_report& x) {
  return f(caf::meta::type_name("sync_report"), x.conflicts, x.at);
}

/// Which side the last sync took over; `manual`: a conflict was resolved.
enum class sync_source : uint8_t { unknown, yaml, database, manual };
template <>
inline constexpr auto enum_names<sync_source> = std::to_array<std::string_view>(
    {"unknown", "yaml", "database", "manual"});

struct sync_status {
  sync_source source = sync_source::unknown; ///< unknown: there was none
  timestamp last_sync;
  int64_t total_tasks = 0; ///< not deleted, in the database
  int64_t pending_conflicts = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, sync_status& x) {
  return f(caf::meta::type_name("sync_status"), x.source, x.last_sync,
           x.total_tasks, x.pending_conflicts);
}

/// What admins hear of it (websocket.md section 12).
event sync_conflict_detected(const sync_conflict& x, timestamp at);
event sync_conflict_resolved(const sync_conflict& x, timestamp at);
event schedule_config_updated(size_t tasks, timestamp at);

/// `sync_status_changed`: `synced`, `conflicts` or `failed`, unlike before.
event sync_status_changed(std::string_view status, timestamp at);

} // namespace callboard
