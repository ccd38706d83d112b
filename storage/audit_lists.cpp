#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

caf::expected<page<audit_entry>>
answer(connection& db, const audit_query& query, int64_t deadline) {
  filter wanted;
  if (!query.table_name.empty())
    wanted.add("table_name = ", query.table_name);
  auto few = query.record_id != 0 || !query.user_id.empty();
  if (few && db.dialect() == dialect_kind::sqlite)
    wanted.check_only(); // to SQLite a table seems as rare as a record
  if (query.record_id != 0)
    wanted.add("record_id = ", query.record_id);
  if (!query.user_id.empty())
    wanted.add("user_id = ", query.user_id);
  wanted.add_range("timestamp", query.written);
  db.set_statement_timeout(remaining_until(deadline));
  return read_page<audit_entry>(db, wanted, query);
}

} // namespace callboard::storage
