// The questions of the reading side: pages, and items with what belongs to
// them. SQL by hand, the same answers from both databases.
#pragma once

#include "protocols/messages.hpp"
#include "storage/connection.hpp"

namespace callboard::storage {

/// Longer texts of runs are cut to their end where many runs are shown
/// [characters].
inline constexpr int64_t shown_text = 65'536;

/// One page and the total, in one snapshot. `deadline` as in `call`.
caf::expected<page<task>> answer(connection& db, const task_query& query,
                                 int64_t deadline);
caf::expected<page<project>> answer(connection& db, const project_query& query,
                                    int64_t deadline);
caf::expected<page<agent>> answer(connection& db, const agent_query& query,
                                  int64_t deadline);
caf::expected<summary> answer(connection& db, const summary_query& query,
                              int64_t deadline);
caf::expected<page<audit_entry>>
answer(connection& db, const audit_query& query, int64_t deadline);
caf::expected<page<user>> answer(connection& db, const user_query& query,
                                 int64_t deadline);
caf::expected<page<sync_conflict>>
answer(connection& db, const conflict_query& query, int64_t deadline);

/// The stream behind a position, see `event_page`.
caf::expected<event_page> answer(connection& db, const event_query& query,
                                 int64_t deadline);

/// All about one user; `account.id` is 0 if there is none.
caf::expected<personal_data>
answer(connection& db, const personal_data_query& query, int64_t deadline);

/// An item and a part of what belongs to it; `row.id` is 0 if there is none.
caf::expected<project_detail>
answer(connection& db, const project_tasks_query& query, int64_t deadline);
caf::expected<agent_detail>
answer(connection& db, const agent_item_query& query, int64_t deadline);
caf::expected<agent_runs> answer(connection& db, const activity_query& query,
                                 int64_t deadline);
caf::expected<task_history> answer(connection& db, const history_query& query,
                                   int64_t deadline);

/// The memory: matches best first, an entry with related ones, a project's
/// newest.
caf::expected<memory_matches> answer(connection& db, const memory_query& query,
                                     int64_t deadline);
caf::expected<memory_detail>
answer(connection& db, const memory_task_query& query, int64_t deadline);
caf::expected<memory_entries>
answer(connection& db, const memory_project_query& query, int64_t deadline);

} // namespace callboard::storage
