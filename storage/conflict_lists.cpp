#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

caf::expected<page<sync_conflict>>
answer(connection& db, const conflict_query& query, int64_t deadline) {
  filter wanted;
  wanted.add("ended_by IS NULL");
  db.set_statement_timeout(remaining_until(deadline));
  return read_page<sync_conflict>(db, wanted, query);
}

} // namespace callboard::storage
