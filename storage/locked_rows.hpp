// Reads what the decisions of a batch look at, under its locks. For
// `changes.cpp`.
#pragma once

#include "storage/lookups.hpp"
#include "storage/sql.hpp"
#include "storage/working_set.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace callboard::storage {

/// Selectors by lookup, so that each lookup is one statement. `pick` says which
/// selector of a request is meant.
template <class T, class F>
std::map<lookup, std::vector<const selector*>> by_lookup(requests<T> wanted,
                                                         F pick) {
  std::map<lookup, std::vector<const selector*>> out;
  for (auto& x : wanted)
    if (const selector& found = pick(x); asks(found))
      out[found.by].push_back(&found);
  return out;
}

/// The database's clock, and an id for each new row.
template <class T>
caf::error read_clock(connection& db, requests<T> wanted, working_set<T>& set) {
  auto inserts = static_cast<int64_t>(std::count_if(
      wanted.begin(), wanted.end(), [](auto& x) { return x.inserts; }));
  if (db.dialect() == dialect_kind::sqlite) {
    set.now = now(); // one process: its clock is the database's
    if (inserts == 0)
      return caf::none;
    std::vector<cell> params{std::string{entity<T>::table}};
    auto last = db.query("SELECT coalesce(max(seq), 0) FROM sqlite_sequence "
                         "WHERE name = $1",
                         params, {{cell_kind::integer}});
    if (!last)
      return last.error();
    set.new_ids.resize(static_cast<size_t>(inserts));
    std::iota(set.new_ids.begin(), set.new_ids.end(),
              std::get<int64_t>((*last)[0][0]) + 1);
    return caf::none;
  }
  static const auto text
      = "SELECT " + current_time(dialect_kind::postgres)
        + ", CASE WHEN i > 0 THEN nextval(pg_get_serial_sequence('"
        + std::string{entity<T>::table}
        + "', 'id')) ELSE 0 END FROM generate_series(0, $1::int) AS i ORDER BY "
          "i";
  std::vector<cell> params{inserts};
  auto found
      = db.query(text, params, {{cell_kind::timestamp, cell_kind::integer}});
  if (!found)
    return found.error();
  set.now = std::get<timestamp>((*found)[0][0]);
  for (size_t i = 1; i < found->size(); ++i)
    set.new_ids.push_back(std::get<int64_t>((*found)[i][1]));
  return caf::none;
}

template <class E>
caf::expected<std::vector<E>> select_locked(connection& db,
                                            const condition& found_by) {
  return select<E>(db,
                   "WHERE " + found_by.text + " ORDER BY id"
                       + lock_clause(db.dialect(), lock_strength<E>),
                   found_by.params);
}

template <class E>
caf::error
read_locked(connection& db,
            const std::map<lookup, std::vector<const selector*>>& wanted,
            row_set<E>& set) {
  for (auto& [by, selectors] : wanted) {
    auto found_by = where<E>(db.dialect(), selectors);
    auto found = select_locked<E>(db, found_by);
    // Who waited for a lock does not see what its holder inserted: a token's
    // successor. A second statement has a new snapshot.
    if (found && by == lookup::token)
      found = select_locked<E>(db, found_by);
    if (!found)
      return found.error();
    for (auto& row : *found)
      set.originals.emplace(row.id, std::move(row));
  }
  set.rows = set.originals;
  return caf::none;
}

template <class E, class T>
caf::error read_related(connection& db, requests<T> wanted,
                        working_set<T>& set) {
  auto selectors = by_lookup<T>(wanted, [](auto& x) -> const selector& {
    return std::get<related_selector<E>>(x.others).rows;
  });
  return read_locked(db, selectors, std::get<row_set<E>>(set.others));
}

/// The related rows that are locked before, or after, those of T.
template <bool before, class T, class... Es>
caf::error read_others(connection& db, requests<T> wanted, working_set<T>& set,
                       entities<Es...>) {
  caf::error err;
  [[maybe_unused]] auto read = [&](auto* entity_of) {
    using E = std::remove_pointer_t<decltype(entity_of)>;
    if constexpr ((lock_rank<E> < lock_rank<T>) == before)
      err = read_related<E>(db, wanted, set);
    return !err;
  };
  static_cast<void>((read(static_cast<Es*>(nullptr)) && ...));
  return err;
}

template <class T>
caf::error read_rows_of(connection& db, requests<T> wanted,
                        working_set<T>& set) {
  using others = typename related_to<T>::type;
  if (auto err = read_others<true>(db, wanted, set, others{}))
    return err;
  auto own
      = by_lookup<T>(wanted, [](auto& x) -> const selector& { return x.rows; });
  if (auto err = read_locked(db, own, set.own))
    return err;
  return read_others<false>(db, wanted, set, others{});
}

} // namespace callboard::storage
