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
  if (!query.search.empty()) {
    auto name = begins_with(wanted, "username", query.search);
    auto address = begins_with(wanted, "email_folded", fold_case(query.search));
    wanted.add('(' + name + " OR " + address + ')');
  }
  if (!query.role.empty())
    wanted.add("role = ", query.role);
  if (!query.active.empty())
    wanted.add("is_active = ", query.active == "true");
  db.set_statement_timeout(remaining_until(deadline));
  return read_page<user>(db, wanted, query);
}

} // namespace callboard::storage
