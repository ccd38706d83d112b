// Keeps the YAML file and the database together (behaviour.md section 9): one
// sync after another, each under the file's lock.
#pragma once

#include "actors/folder_watch.hpp"
#include "actors/schedule_disk.hpp"
#include "protocols/realtime.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <set>

namespace callboard::actors {

struct schedule_sync_settings {
  bool enabled = false;
  std::filesystem::path file;
  // Looked up at each send, so that a restart leaves no stale handle.
  std::function<task_repository_actor()> tasks;
  std::function<conflict_repository_actor()> conflicts;
  std::function<event_repository_actor()> events; ///< null: nobody is told

  std::chrono::milliseconds settle{200};    ///< changes of the database
  std::chrono::milliseconds debounce{1000}; ///< changes of the file
  std::chrono::milliseconds interval{300'000};
};

/// One sync, from its wish to its answer.
struct sync_job {
  call ctx; ///< whose wish; its deadline counts
  bool imports = true;
  bool exports = true;
  bool only_foreign = false; ///< nothing to do if the file is as we left it
  bool whole = false;        ///< writes what is disputed too
  bool careful = false;      ///< does not write when there are conflicts
  bool own = false;          ///< nobody waits for it
  std::optional<conflict_resolution> resolution;
  std::function<void(caf::expected<sync_report>)> done;

  // While it runs.
  std::optional<schedule_lock> lock;
  schedule_mark mark; ///< of the sync before
  schedule_content file;
  std::string checksum; ///< of `file.bytes`
  std::vector<schedule_entry> entries;
  sync_report report;
  bool wrote = false;
};
using sync_job_ptr = std::shared_ptr<sync_job>;

/// How file and database stand to one another (`sync_status_changed`).
inline constexpr std::string_view synced = "synced";
inline constexpr std::string_view disputed = "conflicts";
inline constexpr std::string_view failing = "failed";

struct schedule_sync_state {
  static inline const char* name = "schedule_sync";
  schedule_sync_settings settings;
  std::deque<sync_job_ptr> waiting;
  sync_job_ptr running;
  bool noticed = false; ///< a sync for changes of the database is to come
  int64_t touches = 0;  ///< changes of the folder so far
  std::string_view told = synced;      ///< what admins know of it
  std::unique_ptr<folder_watch> watch; ///< last: its thread ends first
};

/// Spawn it detached: it blocks in the file's disk.
schedule_sync_actor::behavior_type
schedule_sync(schedule_sync_actor::stateful_pointer<schedule_sync_state> self,
              schedule_sync_settings settings);

} // namespace callboard::actors
