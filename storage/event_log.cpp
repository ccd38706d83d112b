#include "storage/event_log.hpp"

namespace callboard::storage {

namespace {

/// The columns without the key, which the database gives.
template <class T>
std::vector<column> keyless(std::span<const T> set) {
  auto out = columns_of(set);
  out.erase(out.begin());
  return out;
}

caf::expected<int64_t> take_positions(connection& db, size_t n) {
  std::vector<cell> params{static_cast<int64_t>(n)};
  auto found = db.query("UPDATE event_position SET position = position + $1 "
                        "WHERE id = 1 RETURNING position",
                        params, {{cell_kind::integer}});
  if (!found)
    return found.error();
  return std::get<int64_t>((*found)[0][0]) - static_cast<int64_t>(n);
}

/// Counter and rows in one statement: one packet. Whoever holds the counter is
/// about to commit: it is waited for until the deadline, or a slow disk would
/// make all batches behind it fall apart.
caf::expected<int64_t> append_postgres(connection& db,
                                       std::span<const event> events) {
  auto columns = keyless(events);
  std::string names;
  std::string arrays;
  std::vector<cell> params{static_cast<int64_t>(events.size())};
  for (auto& x : columns) {
    names += ", " + std::string{x.name};
    params.emplace_back(array_literal(x.values));
    arrays += (arrays.empty() ? "$" : ", $") + std::to_string(params.size())
              + "::" + std::string{x.type} + "[]";
  }
  auto text = "WITH w AS (SELECT set_config('lock_timeout', '0', true) AS x), "
              "p AS (UPDATE event_position SET position = position + "
              "$1::bigint FROM w WHERE id = 1 AND w.x = '0' RETURNING position "
              "- $1::bigint AS base), e AS (INSERT INTO events (position"
              + names + ") SELECT p.base + u.ordinal" + names
              + " FROM p, unnest(" + arrays + ") WITH ORDINALITY AS u("
              + names.substr(2) + ", ordinal)) SELECT base FROM p";
  auto found = db.query(text, params, {{cell_kind::integer}});
  if (!found)
    return found.error();
  return std::get<int64_t>((*found)[0][0]);
}

caf::expected<int64_t> append_sqlite(connection& db,
                                     std::span<const event> events) {
  auto base = take_positions(db, events.size());
  if (!base)
    return base;
  auto columns = columns_of(events);
  for (size_t i = 0; i < events.size(); ++i)
    columns.front().values[i] = *base + static_cast<int64_t>(i) + 1;
  if (auto err = insert_columns(db, entity<event>::table, std::move(columns)))
    return err;
  return base;
}

} // namespace

table_rows audit_rows(std::span<const audit_entry> entries) {
  return {entity<audit_entry>::table, keyless(entries)};
}

table_rows memory_rows(std::span<const memory_entry> entries) {
  return {entity<memory_entry>::table, keyless(entries)};
}

caf::expected<int64_t> write_events(connection& db,
                                    std::span<const event> events) {
  if (events.empty())
    return 0;
  return db.dialect() == dialect_kind::sqlite ? append_sqlite(db, events)
                                              : append_postgres(db, events);
}

} // namespace callboard::storage
