#include "protocols/error.hpp"
#include "storage/event_log.hpp"
#include "storage/lists.hpp"
#include "storage/sql.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

namespace {

/// Before the columns of a row: epoch, pruned to, last position.
constexpr size_t ends = 3;

/// The ends of the stream and its rows; one statement is one snapshot. Without
/// rows all columns of `e` are NULL.
const std::string& page_text() {
  static const std::string text
      = "SELECT s.epoch, s.pruned_to, p.position AS newest, e.* FROM "
        "event_stream AS s CROSS JOIN event_position AS p LEFT JOIN (SELECT "
        + column_list<event>()
        + " FROM events WHERE position > $1 ORDER BY position LIMIT $2) AS e "
          "ON true WHERE s.id = 1 AND p.id = 1 ORDER BY e.position";
  return text;
}

const std::vector<cell_kind>& page_kinds() {
  static const std::vector<cell_kind> kinds = [] {
    std::vector<cell_kind> out{cell_kind::text, cell_kind::integer,
                               cell_kind::integer};
    auto& row = kinds_of<event>();
    out.insert(out.end(), row.begin(), row.end());
    return out;
  }();
  return kinds;
}

caf::expected<event_page> read_event_page(connection& db, int64_t after,
                                          int64_t limit) {
  std::vector<cell> params{after, limit};
  auto found = db.query(page_text(), params, page_kinds());
  if (!found)
    return found.error();
  if (found->empty())
    return caf::make_error(errc::internal,
                           std::string{"the stream of events has no epoch"});
  event_page out;
  auto& first = found->front();
  out.epoch = std::get<std::string>(first[0]);
  out.pruned_to = std::get<int64_t>(first[1]);
  out.last = std::get<int64_t>(first[2]);
  if (std::holds_alternative<null_t>(first[ends]))
    return out;
  out.rows.reserve(found->size());
  for (auto& cells : *found) {
    record row{std::make_move_iterator(cells.begin() + ends),
               std::make_move_iterator(cells.end())};
    if (!from_record(row, out.rows.emplace_back()))
      return unreadable_row(entity<event>::table);
  }
  return out;
}

} // namespace

caf::expected<event_page> answer(connection& db, const event_query& query,
                                 int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  return read_event_page(db, query.after, query.limit);
}

caf::expected<int64_t> append_events(connection& db, std::span<event> events,
                                     int64_t deadline) {
  if (events.empty())
    return 0;
  auto base = transact<int64_t>(db, deadline, lock_wait::patient,
                                [&] { return write_events(db, events); });
  if (!base)
    return base;
  for (auto& x : events)
    x.position = ++*base;
  return base;
}

caf::expected<stream_position> read_stream(connection& db) {
  auto page = read_event_page(db, INT64_MAX, 0);
  if (!page)
    return page.error();
  return stream_position{std::move(page->epoch), page->last};
}

} // namespace callboard::storage
