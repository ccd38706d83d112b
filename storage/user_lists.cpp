#include "protocols/unicode.hpp"
#include "storage/lists.hpp"
#include "storage/paging.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

namespace {

/// The rows whose column begins with the text; by the order of bytes, so that
/// an index serves it: no text has a byte above this.
std::string begins_with(filter& wanted, const std::string& column,
                        const std::string& text) {
  auto from = '$' + std::to_string(wanted.take(text));
  auto until = '$' + std::to_string(wanted.take(text + "\U0010FFFF"));
  return column + " >= " + from + " AND " + column + " <= " + until;
}

} // namespace

caf::expected<page<user>> answer(connection& db, const user_query& query,
                                 int64_t deadline) {
  filter wanted;
  if (!query.role.empty())
    wanted.add("role = ", query.role);
  if (!query.active.empty())
    wanted.add("is_active = ", query.active == "true");
  if (!query.search.empty()) {
    auto name = begins_with(wanted, "username", query.search);
    auto address = begins_with(wanted, "email_folded", fold_case(query.search));
    wanted.check_only().find_first(); // names are rarer than roles
    auto either = name + " OR " + address;
    // SQLite would rather walk the order of the list.
    wanted.add(db.dialect() == dialect_kind::sqlite
                   ? "id IN (SELECT id FROM users WHERE " + either + ')'
                   : '(' + either + ')');
  }
  db.set_statement_timeout(remaining_until(deadline));
  return read_page<user>(db, wanted, query);
}

} // namespace callboard::storage
