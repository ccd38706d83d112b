#include "storage/given_ids.hpp"

#include <string>

namespace callboard::storage {

namespace {

/// A sequence is moved by taking ids, which never brings it back, whoever takes
/// some meanwhile; over a gap of more it jumps.
constexpr int64_t longest_walk = 1000;

} // namespace

caf::error move_ids_behind(connection& db, std::string_view table, int64_t id) {
  if (db.dialect() == dialect_kind::sqlite)
    return caf::none;
  auto name = std::string{table};
  // One jump at a time: a lower one must not undo a higher one.
  auto text = "SELECT pg_advisory_xact_lock(hashtext('ids of " + name + "'))";
  if (auto done = db.query(text, {}, {{cell_kind::text}}); !done)
    return done.error();
  std::vector<cell> params{id, longest_walk};
  auto sequence = "pg_get_serial_sequence('" + name + "', 'id')";
  text = "SELECT CASE WHEN gap > $2::bigint THEN setval(" + sequence
         + ", $1::bigint) ELSE (SELECT max(nextval(" + sequence
         + ")) FROM generate_series(1, gap)) END FROM (SELECT $1::bigint - "
           "CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS gap "
           "FROM "
         + name + "_id_seq) AS s WHERE gap > 0";
  auto done = db.query(text, params, {{cell_kind::integer}});
  return done ? caf::error{} : done.error();
}

} // namespace callboard::storage
