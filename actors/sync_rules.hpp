// What the YAML file and the database make of one another: plain comparisons
// (behaviour.md section 9). An entry's version is its `updated_at`.
#pragma once

#include "protocols/store.hpp"

#include <optional>
#include <set>
#include <vector>

namespace callboard::actors {

/// What becomes of the entries of a file; those that are not named change
/// nothing.
struct comparison {
  std::vector<const schedule_entry*> inserts;
  std::vector<const schedule_entry*> updates;   ///< newer than the row
  std::vector<const schedule_entry*> conflicts; ///< older, and an edit
};

/// Older than its row is also what we wrote ourselves and the database left
/// behind: that is no edit, nor is what an admin has decided upon. An entry
/// that met a conflict before, still open or cleared, meets it again.
comparison compare(const schedule_import& file, const row_map<task>& rows,
                   const row_map<sync_conflict>& conflicts);

/// The entries of the file as it has to be written, by id: the tasks that are
/// not deleted, but of `disputed` ones what the file says. Nothing if it says
/// all of that already.
std::optional<std::vector<schedule_entry>>
next_entries(const std::vector<schedule_entry>& file,
             const std::vector<task>& rows, const std::set<int64_t>& disputed);

} // namespace callboard::actors
