// The program with YAML sync on, and its file.
#pragma once

#include "actors/schedule_file.hpp"
#include "tests/support/served.hpp"

namespace callboard::test {

inline settings_map sync_on(settings_map more = {}) {
  more.emplace("SCHEDULE_SYNC_ENABLED", "true");
  more.emplace("LOG_LEVEL", "DEBUG");
  return more;
}

std::filesystem::path schedule_of(const served& x);

/// The bytes of a file; empty if there is none.
std::string bytes_of(const std::filesystem::path& file);

/// As an editor does: a new file takes the old one's name.
void edit(const std::filesystem::path& file, std::string_view bytes);

/// One line of a file: `  - {id: 7, skill_name: x, ...}`. `more` begins with a
/// comma, or is empty.
std::string task_line(int64_t id, std::string_view more = "");

/// The entries of the file, none without one; throws if it cannot be read.
std::vector<schedule_entry> entries_of(const std::filesystem::path& file);

/// The entry of the task, or null.
const schedule_entry* find_entry(const std::vector<schedule_entry>& all,
                                 int64_t id);

/// How many lines of the log have this message.
int logged(const served& x, std::string_view message);
int logged(const server_process& x, std::string_view message);

answer trigger(served& x, const std::string& direction, bool force = false);
answer resolve(served& x, const std::string& conflict_id,
               const std::string& choice);

} // namespace callboard::test
