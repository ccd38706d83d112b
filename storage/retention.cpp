#include "storage/retention.hpp"

#include "protocols/error.hpp"
#include "storage/transact.hpp"

#include <algorithm>
#include <string>

namespace callboard::storage {

namespace {

/// Where the rows of a kind are, and which of them may go.
struct place {
  std::string_view table;
  std::string_view key;
  std::string_view time;      ///< column; it has an index
  std::string_view only = ""; ///< more conditions
  bool counted = true;        ///< its key grows: it can be kept by number
};

place place_of(kept_rows what) {
  switch (what) {
  case kept_rows::audit:
    return {"audit_logs", "id", "timestamp"};
  case kept_rows::executions:
    return {"execution_results", "id", "started_at",
            " AND status IN ('success', 'failed', 'timeout', 'cancelled')"};
  case kept_rows::tokens:
    return {"refresh_tokens", "id", "expires_at", "", false};
  default:
    return {"idempotency_keys", "key", "expires_at", "", false};
  }
}

/// Removes the rows that `which` selects by key. Those that somebody else holds
/// are skipped.
caf::expected<int64_t> remove_where(connection& db, const place& from,
                                    const std::string& which,
                                    std::span<const cell> params) {
  auto sqlite = db.dialect() == dialect_kind::sqlite;
  std::string row = sqlite ? "rowid" : "ctid";
  auto selected = "SELECT " + row + " FROM " + std::string{from.table}
                  + " WHERE " + which + " LIMIT $2";
  auto text
      = "DELETE FROM " + std::string{from.table} + " WHERE " + row
        + (sqlite ? " IN (" + selected + ')'
                  : " = ANY(ARRAY(" + selected + " FOR UPDATE SKIP LOCKED))")
        + " RETURNING 1";
  auto removed = db.query(text, params, {{cell_kind::integer}});
  if (!removed)
    return removed.error();
  return static_cast<int64_t>(removed->size());
}

caf::expected<int64_t> prune_rows(connection& db, const retention_rule& rule) {
  auto from = place_of(rule.what);
  std::vector<cell> params{rule.before, rule.batch};
  auto old = remove_where(
      db, from, std::string{from.time} + " < $1" + std::string{from.only},
      params);
  if (!old || *old > 0 || rule.rows == 0 || !from.counted)
    return old;
  params[0] = rule.rows;
  // Keys grow by one and more: this keeps `rows` rows at most.
  auto key = std::string{from.key};
  return remove_where(db, from,
                      key + " <= (SELECT coalesce(max(" + key
                          + "), 0) - $1 FROM " + std::string{from.table} + ')'
                          + std::string{from.only},
                      params);
}

/// One number of a row that is always there.
caf::expected<int64_t> number(connection& db, const std::string& text,
                              std::span<const cell> params) {
  auto found = db.query(text, params, {{cell_kind::integer}});
  if (!found)
    return found.error();
  return std::get<int64_t>(found->at(0)[0]);
}

/// Events go from the oldest on, so that what is left has no gap; how far is
/// noted with it (data-model.md, events).
caf::expected<int64_t> prune_events(connection& db,
                                    const retention_rule& rule) {
  auto lock = db.dialect() == dialect_kind::sqlite ? "" : " FOR UPDATE";
  auto pruned = number(
      db, std::string{"SELECT pruned_to FROM event_stream WHERE id = 1"} + lock,
      {});
  if (!pruned)
    return pruned;
  auto newest
      = number(db, "SELECT position FROM event_position WHERE id = 1", {});
  if (!newest)
    return newest;
  std::vector<cell> params{*pruned, rule.before, rule.batch};
  auto old = number(
      db,
      "SELECT coalesce(max(position), 0) FROM (SELECT position, created_at "
      "FROM events WHERE position > $1 ORDER BY position LIMIT $3) AS e WHERE "
      "created_at < $2",
      params);
  if (!old)
    return old;
  auto beyond = rule.rows == 0 ? 0 : *newest - rule.rows;
  auto until = std::min(*pruned + rule.batch, std::max(*old, beyond));
  if (until <= *pruned)
    return 0;
  std::vector<cell> cut{until};
  auto removed = db.query("DELETE FROM events WHERE position <= $1 RETURNING 1",
                          cut, {{cell_kind::integer}});
  if (!removed)
    return removed.error();
  auto noted = db.query("UPDATE event_stream SET pruned_to = $1 WHERE id = 1",
                        cut, {});
  if (!noted)
    return noted.error();
  return static_cast<int64_t>(removed->size());
}

} // namespace

caf::expected<int64_t> prune(connection& db, const retention_rule& rule,
                             int64_t deadline) {
  return transact<int64_t>(db, deadline, lock_wait::brief, [&] {
    return rule.what == kept_rows::stream ? prune_events(db, rule)
                                          : prune_rows(db, rule);
  });
}

} // namespace callboard::storage
