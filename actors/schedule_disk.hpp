// The YAML file on its disk: locked, read within bounds, replaced as a whole
// (behaviour.md section 9, write protocol). All of it blocks.
#pragma once

#include "actors/schedule_file.hpp"

#include <caf/error.hpp>

#include <filesystem>
#include <optional>

namespace callboard::actors {

/// Excludes other processes, and other holders in this one, while it lives:
/// `flock` on `<file>.lock`, which is never deleted.
class schedule_lock {
public:
  /// Nothing if somebody else holds it; `unavailable` if it cannot be had.
  static caf::expected<std::optional<schedule_lock>>
  attempt(const std::filesystem::path& file);

  schedule_lock(schedule_lock&& other) noexcept;
  schedule_lock& operator=(schedule_lock&& other) noexcept;
  schedule_lock(const schedule_lock&) = delete;
  schedule_lock& operator=(const schedule_lock&) = delete;
  ~schedule_lock();

private:
  explicit schedule_lock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// `<file>.meta`, as JSON: `last_updated`, `checksum`, `next`, `version` and
/// `sync_source`.
struct schedule_mark {
  schedule_metadata about;
  std::string checksum; ///< of the file as a sync left or found it, SHA-256 hex
  /// Of the file that is about to be written; who is killed before it is said
  /// finds its own write all the same.
  std::string next = {};

  bool knows(const std::string& sum) const {
    return sum == checksum || (!next.empty() && sum == next);
  }
};

/// The default if there is none, or none that can be read.
schedule_mark read_mark(const std::filesystem::path& file);
caf::error write_mark(const std::filesystem::path& file,
                      const schedule_mark& mark);

struct schedule_content {
  bool there = false;
  std::string bytes;
  timestamp modified;
};

/// `bad_request` for what is no regular file or larger than
/// `max_schedule_bytes`, which is found out before anything is read.
caf::expected<schedule_content>
read_schedule(const std::filesystem::path& file);

/// Keeps the former bytes in `<file>.bak`, then replaces the file: whoever
/// reads it, whenever the power fails, finds the old or the new one.
/// `unavailable` if the disk is full or refuses; the old file stays then.
caf::error write_schedule(const std::filesystem::path& file,
                          const schedule_content& former,
                          std::string_view bytes);

} // namespace callboard::actors
