#include "storage/fault.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <array>
#include <sqlite3.h>

namespace callboard::storage {

namespace {

caf::error failure(errc code, std::string text) {
  return caf::make_error(code, std::move(text));
}

/// Connection and login; resources; shutdown and system errors; a server that
/// became a standby; broken storage.
bool is_outage_state(std::string_view state) {
  constexpr std::array<std::string_view, 5> classes{"08", "28", "53", "57",
                                                    "58"};
  return std::find(classes.begin(), classes.end(), state.substr(0, 2))
             != classes.end()
         || state == "25006" || state == "25P03" || state == "25P04"
         || state == "40003" || state.starts_with("XX00");
}

/// libpq appends this to a verbose message, in English as long as nobody calls
/// setlocale(); what a client sent can only stand before it.
std::string constraint_of(std::string_view message) {
  constexpr std::string_view label = "CONSTRAINT NAME:  ";
  auto at = message.rfind(label);
  if (at == message.npos)
    return "constraint";
  auto name = message.substr(at + label.size());
  return std::string{name.substr(0, name.find('\n'))};
}

/// `UNIQUE constraint failed: users.a, users.b` -> `users_a_b_key`.
std::string key_name(std::string_view message, std::string_view suffix) {
  constexpr std::string_view head = "constraint failed: ";
  auto at = message.find(head);
  if (at == message.npos)
    return "constraint";
  message.remove_prefix(at + head.size());
  std::string table;
  std::string columns;
  while (!message.empty()) {
    auto item = message.substr(0, message.find(", "));
    message.remove_prefix(std::min(item.size() + 2, message.size()));
    auto dot = item.find('.');
    table = item.substr(0, dot);
    if (dot != item.npos)
      columns += '_' + std::string{item.substr(dot + 1)};
  }
  return suffix == "_pkey" ? table + "_pkey"
                           : table + columns + std::string{suffix};
}

} // namespace

caf::error make_fault(fault why) {
  auto text = why == fault::locked ? std::string{"a row is locked"}
                                   : std::string{"transactions collided"};
  // A second element marks it; readers of `detail` get the code's own text.
  return caf::make_error(errc::unavailable, std::move(text),
                         static_cast<uint8_t>(why));
}

fault fault_of(const caf::error& err) {
  if (!err || classify(err) != errc::unavailable
      || !err.context().match_elements<std::string, uint8_t>())
    return fault::none;
  return static_cast<fault>(err.context().get_as<uint8_t>(1));
}

bool is_outage(const caf::error& err) {
  return err && classify(err) == errc::unavailable
         && fault_of(err) == fault::none;
}

bool is_locked(const caf::error& err) { return fault_of(err) == fault::locked; }

caf::error postgres_error(std::string_view sqlstate, std::string_view message) {
  if (sqlstate == "40001" || sqlstate == "40P01")
    return make_fault(fault::retry);
  if (sqlstate == "55P03")
    return make_fault(fault::locked);
  if (sqlstate == "23505" || sqlstate == "23503")
    return failure(errc::conflict, constraint_of(message));
  if (sqlstate == "57014")
    return failure(errc::deadline_exceeded, "the database took too long");
  if (is_outage_state(sqlstate))
    return failure(errc::unavailable, "the database is not available");
  // Its detail may show the row, with what is secret in it.
  return failure(errc::internal, std::string{sqlstate} + ' '
                                     + std::string{message.substr(
                                         0, message.find("\nDETAIL:"))});
}

caf::error sqlite_error(int extended_code, std::string_view message) {
  switch (extended_code) {
  case SQLITE_CONSTRAINT_UNIQUE:
    return failure(errc::conflict, key_name(message, "_key"));
  case SQLITE_CONSTRAINT_PRIMARYKEY:
  case SQLITE_CONSTRAINT_ROWID:
    return failure(errc::conflict, key_name(message, "_pkey"));
  case SQLITE_CONSTRAINT_FOREIGNKEY:
    return failure(errc::conflict, "foreign key");
  default:
    break;
  }
  switch (extended_code & 0xff) {
  case SQLITE_INTERRUPT:
    return failure(errc::deadline_exceeded, "the database took too long");
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_IOERR:
  case SQLITE_FULL:
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
  case SQLITE_PROTOCOL:
  case SQLITE_NOMEM:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return failure(errc::unavailable,
                   std::string{"the database: "}
                       + sqlite3_errstr(extended_code & 0xff));
  default:
    return failure(errc::internal, std::string{sqlite3_errstr(extended_code)}
                                       + ": " + std::string{message});
  }
}

} // namespace callboard::storage
