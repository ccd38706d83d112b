#include "storage/changes.hpp"

#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"
#include "storage/capabilities.hpp"
#include "storage/event_log.hpp"
#include "storage/lookups.hpp"
#include "storage/sql.hpp"
#include "storage/transact.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace callboard::storage {

namespace {

template <class T>
using requests = std::span<const change_request<T>>;

template <class T>
using results = std::vector<caf::expected<changed<T>>>;

/// Rows of one entity.
template <class E>
struct row_set {
  row_map<E> rows;               ///< as they are now
  row_map<E> originals;          ///< as they were locked
  std::vector<int64_t> inserted; ///< ids of new rows, in order
};

/// What the transaction knows while it decides.
template <class T>
struct working_set {
  row_set<T> own;
  related<row_set, T> others;
  timestamp now;
  std::vector<int64_t> new_ids; ///< one per inserting request
  std::vector<audit_entry> audit;
  std::vector<event> events;

  /// Calls `f` with each set that a change of T may write.
  template <class F>
  caf::error for_each(F f) {
    if (auto err = f(own))
      return err;
    return std::apply(
        [&](auto&... sets) {
          caf::error err;
          static_cast<void>((!(err = f(sets)) && ...));
          return err;
        },
        others);
  }
};

/// The order in which rows are locked (A6).
template <class E>
inline constexpr int lock_rank = 0; // users and their tokens
template <>
inline constexpr int lock_rank<project> = 1;
template <>
inline constexpr int lock_rank<project_reference> = 1;
template <>
inline constexpr int lock_rank<agent> = 2;
template <>
inline constexpr int lock_rank<task> = 3;
template <>
inline constexpr int lock_rank<execution> = 4;

template <class E>
inline constexpr std::string_view lock_strength = "UPDATE";
template <>
inline constexpr std::string_view lock_strength<project_reference> = "SHARE";

/// False for entities that changes only look at.
template <class E>
inline constexpr bool writable = lock_strength<E> == "UPDATE";

bool asks(const selector& x) {
  return !x.keys.empty() || x.by == lookup::admins;
}

/// Selectors by lookup, so that each lookup is one statement. `pick` says which
/// selector of a request is meant.
template <class T, class F>
std::map<lookup, std::vector<const selector*>> by_lookup(requests<T> wanted,
                                                         F pick) {
  std::map<lookup, std::vector<const selector*>> out;
  for (auto& x : wanted)
    if (const selector& rows = pick(x); asks(rows))
      out[rows.by].push_back(&rows);
  return out;
}

// -- reading the facts
// ----------------------------------------------------------

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
caf::error
read_locked(connection& db,
            const std::map<lookup, std::vector<const selector*>>& wanted,
            row_set<E>& set) {
  for (auto& [by, selectors] : wanted) {
    auto found_by = where<E>(db.dialect(), selectors);
    auto found = select<E>(db,
                           "WHERE " + found_by.text + " ORDER BY id"
                               + lock_clause(db.dialect(), lock_strength<E>),
                           found_by.params);
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

// -- deciding
// -------------------------------------------------------------------

template <class T>
facts<T> facts_for(const change_request<T>& wanted, const working_set<T>& set) {
  facts<T> out;
  out.now = set.now;
  std::apply(
      [&](auto&... others) { static_cast<void>((out.show(others.rows), ...)); },
      set.others);
  auto& rows = set.own.rows;
  if (!asks(wanted.rows))
    return out;
  if (wanted.rows.by == lookup::id) { // the common case, without a search
    auto i = rows.find(std::get<int64_t>(wanted.rows.keys[0]));
    if (i != rows.end())
      out.rows.push_back(i->second);
    return out;
  }
  for (auto& [id, row] : rows)
    if (matches<T>(wanted.rows, row, rows))
      out.rows.push_back(row);
  return out;
}

template <class E>
void audit_change(const call& ctx, const E* before, const E& after,
                  timestamp now, std::vector<audit_entry>& log) {
  audit_entry out;
  if (before != nullptr) {
    auto diff = changed_fields(*before, after);
    if (diff.empty())
      return;
    out.operation = audit_operation::updated;
    out.changed_fields = json_text{std::move(diff)};
  } else if (!audits_creation<E>) {
    return;
  }
  out.user_id = ctx.actor();
  out.table_name = entity<E>::table;
  out.record_id = after.id;
  out.at = now;
  if (!ctx.address.empty())
    out.ip_address = ctx.address;
  if (!ctx.user_agent.empty())
    out.user_agent = ctx.user_agent;
  if (!ctx.request_id.empty())
    out.request_id = ctx.request_id;
  log.push_back(std::move(out));
}

template <class T, class E>
void accept_rows(const call& ctx, const std::vector<E>& changed_rows,
                 row_set<E>& into, working_set<T>& set) {
  for (auto& row : changed_rows) {
    auto i = into.rows.find(row.id);
    audit_change(ctx, i == into.rows.end() ? nullptr : &i->second, row, set.now,
                 set.audit);
    if (i == into.rows.end())
      into.inserted.push_back(row.id);
    into.rows.insert_or_assign(row.id, row);
  }
}

/// Takes an outcome into the set.
template <class T>
void accept(const call& ctx, const outcome<T>& x, working_set<T>& set) {
  std::apply(
      [&](auto&... others) {
        [[maybe_unused]] auto take = [&]<class E>(const related_rows<E>& rows) {
          if constexpr (writable<E>)
            accept_rows(ctx, rows.rows, std::get<row_set<E>>(set.others), set);
        };
        static_cast<void>((take(others), ...));
      },
      x.others);
  accept_rows(ctx, x.rows, set.own, set);
  set.events.insert(set.events.end(), x.events.begin(), x.events.end());
}

/// What one request came to, before the events have their positions.
template <class T>
struct verdict {
  caf::expected<changed<T>> result;
  size_t last_event = 0; ///< 1-based in the set's events, 0: none
};

template <class T>
std::vector<verdict<T>> decide(requests<T> wanted, working_set<T>& set) {
  std::vector<verdict<T>> out;
  size_t next_id = 0;
  for (auto& x : wanted) {
    auto known = facts_for(x, set);
    if (x.inserts)
      known.new_id = set.new_ids[next_id++];
    auto decided = x.decide(known);
    if (!decided) {
      out.push_back({decided.error()});
      continue;
    }
    accept(x.ctx, *decided, set);
    if (decided->refusal)
      out.push_back({decided->refusal});
    else
      out.push_back({changed<T>{std::move(decided->rows)},
                     decided->events.empty() ? 0 : set.events.size()});
  }
  return out;
}

// -- writing
// ----------------------------------------------------------------------

template <class E>
caf::error write_rows(connection& db, const row_set<E>& set) {
  if constexpr (writable<E>) {
    std::vector<E> inserts;
    for (auto id : set.inserted)
      inserts.push_back(set.rows.at(id));
    std::vector<E> updates;
    for (auto& [id, before] : set.originals)
      if (to_record(set.rows.at(id)) != to_record(before))
        updates.push_back(set.rows.at(id));
    if (auto err = insert_rows<E>(db, inserts))
      return err;
    if (auto err = update_rows<E>(db, updates))
      return err;
    if constexpr (std::is_same_v<E, agent>)
      return write_capabilities(db, set.originals, inserts, updates);
  }
  return caf::none;
}

template <class T>
caf::expected<results<T>> change_all(connection& db, requests<T> wanted) {
  working_set<T> set;
  if (auto err = read_clock<T>(db, wanted, set))
    return err;
  if (auto err = read_rows_of<T>(db, wanted, set))
    return err;
  auto verdicts = decide<T>(wanted, set);
  if (auto err = set.for_each([&](auto& x) { return write_rows(db, x); }))
    return err;
  if (auto err = write_audit(db, set.audit))
    return err;
  auto base = write_events(db, set.events); // last before the commit (A6)
  if (!base)
    return base.error();
  results<T> out;
  for (auto& x : verdicts) {
    if (x.result && x.last_event > 0)
      x.result->position = *base + static_cast<int64_t>(x.last_event);
    out.push_back(std::move(x.result));
  }
  return out;
}

template <class T>
caf::expected<results<T>> try_changes(connection& db, requests<T> wanted,
                                      int64_t deadline, lock_wait how) {
  return transact<results<T>>(db, deadline, how,
                              [&] { return change_all<T>(db, wanted); });
}

/// Alone, so that one that fails does not take the others along.
template <class T>
void run_each(connection& db, change_batch<T>& batch) {
  for (size_t i = 0; i < batch.requests.size(); ++i) {
    auto one = requests<T>{batch.requests}.subspan(i, 1);
    auto done = try_changes<T>(db, one, batch.requests[i].ctx.deadline,
                               lock_wait::brief);
    if (done)
      batch.results.push_back(std::move(done->front()));
    else
      batch.results.push_back(done.error());
    if (!done && is_locked(done.error()))
      batch.blocked.push_back(i);
  }
}

} // namespace

template <class T>
caf::error run_changes(connection& db, change_batch<T>& batch) {
  batch.results.clear();
  batch.blocked.clear();
  auto how = batch.patient ? lock_wait::patient : lock_wait::brief;
  auto done
      = try_changes<T>(db, requests<T>{batch.requests}, batch.deadline, how);
  if (done) {
    batch.results = std::move(*done);
    return caf::none;
  }
  if (is_outage(done.error()) || batch.patient)
    return done.error();
  run_each(db, batch);
  return caf::none;
}

template caf::error run_changes(connection&, change_batch<task>&);
template caf::error run_changes(connection&, change_batch<user>&);
template caf::error run_changes(connection&, change_batch<refresh_token>&);
template caf::error run_changes(connection&, change_batch<project>&);
template caf::error run_changes(connection&, change_batch<agent>&);
template caf::error run_changes(connection&, change_batch<execution>&);

} // namespace callboard::storage
