#include "storage/changes.hpp"

#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"
#include "storage/event_log.hpp"
#include "storage/idempotency_keys.hpp"
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

/// What the transaction knows while it decides.
template <class T>
struct working_set {
  std::map<int64_t, T> rows;      ///< as they are now, by id
  std::map<int64_t, T> originals; ///< as they were locked
  std::vector<int64_t> inserted;  ///< ids of new rows, in order
  std::vector<project_reference> projects;
  timestamp now;
  std::vector<int64_t> new_ids; ///< one per inserting request
  std::vector<audit_entry> audit;
  std::vector<event> events;
  std::vector<key_verdict> keys; ///< one per request; empty: none has a key
};

/// Selectors by lookup, so that each lookup is one statement.
template <class T>
std::map<lookup, std::vector<const selector*>> by_lookup(requests<T> wanted) {
  std::map<lookup, std::vector<const selector*>> out;
  for (auto& x : wanted)
    if (!x.rows.keys.empty() || x.rows.by == lookup::admins)
      out[x.rows.by].push_back(&x.rows);
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

template <class T>
caf::error read_projects(connection& db, requests<T> wanted,
                         working_set<T>& set) {
  std::vector<cell> ids;
  for (auto& x : wanted)
    ids.insert(ids.end(), x.projects.begin(), x.projects.end());
  if (ids.empty())
    return caf::none;
  std::vector<cell> params{set_parameter(db.dialect(), ids)};
  auto text = "SELECT id, user_id, status FROM projects WHERE id"
              + any_of(db.dialect(), 1, "bigint") + " ORDER BY id"
              + lock_clause(db.dialect(), "SHARE");
  auto found
      = db.query(text, params,
                 {{cell_kind::integer, cell_kind::integer, cell_kind::text}});
  if (!found)
    return found.error();
  for (auto& row : *found) {
    auto& x = set.projects.emplace_back();
    x.id = std::get<int64_t>(row[0]);
    if (!is_null(row[1]))
      x.user_id = std::get<int64_t>(row[1]);
    x.deleted = row[2] == cell{std::string{"deleted"}};
  }
  return caf::none;
}

template <class T>
caf::expected<std::vector<T>> select_locked(connection& db,
                                            const condition& found_by) {
  return select<T>(db,
                   "WHERE " + found_by.text + " ORDER BY id"
                       + lock_clause(db.dialect(), "UPDATE"),
                   found_by.params);
}

template <class T>
caf::error read_locked(connection& db, requests<T> wanted,
                       working_set<T>& set) {
  for (auto& [by, selectors] : by_lookup<T>(wanted)) {
    auto found_by = where<T>(db.dialect(), selectors);
    auto found = select_locked<T>(db, found_by);
    // Who waited for a lock does not see what its holder inserted: a token's
    // successor. A second statement has a new snapshot.
    if (found && by == lookup::token)
      found = select_locked<T>(db, found_by);
    if (!found)
      return found.error();
    for (auto& row : *found)
      set.originals.emplace(row.id, std::move(row));
  }
  set.rows = set.originals;
  return caf::none;
}

// -- deciding
// -------------------------------------------------------------------

template <class T>
facts<T> facts_for(const change_request<T>& wanted, const working_set<T>& set) {
  facts<T> out;
  out.now = set.now;
  out.projects = set.projects;
  if (wanted.rows.keys.empty() && wanted.rows.by != lookup::admins)
    return out;
  std::vector<T> all;
  for (auto& [id, row] : set.rows)
    all.push_back(row);
  for (auto& row : all)
    if (matches<T>(wanted.rows, row, all))
      out.rows.push_back(row);
  return out;
}

/// The one row of the common case, without a copy of the whole set.
template <class T>
facts<T> facts_by_id(const change_request<T>& wanted,
                     const working_set<T>& set) {
  facts<T> out;
  out.now = set.now;
  out.projects = set.projects;
  auto i = set.rows.find(std::get<int64_t>(wanted.rows.keys[0]));
  if (i != set.rows.end())
    out.rows.push_back(i->second);
  return out;
}

template <class T>
void audit_change(const change_request<T>& wanted, const T* before,
                  const T& after, working_set<T>& set) {
  audit_entry out;
  out.operation = before == nullptr ? "CREATE" : "UPDATE";
  if (before != nullptr) {
    auto diff = changed_fields(*before, after);
    if (diff.empty())
      return;
    out.changed_fields = std::move(diff);
  } else if (!audits_creation<T>) {
    return;
  }
  out.user_id = wanted.ctx.actor();
  out.table_name = entity<T>::table;
  out.record_id = after.id;
  out.at = set.now;
  if (!wanted.ctx.address.empty())
    out.ip_address = wanted.ctx.address;
  if (!wanted.ctx.user_agent.empty())
    out.user_agent = wanted.ctx.user_agent;
  if (!wanted.ctx.request_id.empty())
    out.request_id = wanted.ctx.request_id;
  set.audit.push_back(std::move(out));
}

/// Takes an outcome into the set.
template <class T>
void accept(const change_request<T>& wanted, const outcome<T>& x,
            working_set<T>& set) {
  for (auto& row : x.rows) {
    auto i = set.rows.find(row.id);
    audit_change(wanted, i == set.rows.end() ? nullptr : &i->second, row, set);
    if (i == set.rows.end())
      set.inserted.push_back(row.id);
    set.rows.insert_or_assign(row.id, row);
  }
  set.events.insert(set.events.end(), x.events.begin(), x.events.end());
}

/// What one request came to, before the events have their positions.
template <class T>
struct verdict {
  caf::expected<changed<T>> result;
  size_t last_event = 0; ///< 1-based in the set's events, 0: none
};

/// A request that does not run: its key says what it is answered.
template <class T>
verdict<T> settled(const change_request<T>& wanted, const key_verdict& key,
                   size_t& next_id) {
  if (wanted.inserts)
    ++next_id; // the id taken for it stays unused
  if (key.refusal)
    return {key.refusal};
  return {changed<T>{{}, 0, key.answer}};
}

template <class T>
std::vector<verdict<T>> decide(requests<T> wanted, working_set<T>& set) {
  std::vector<verdict<T>> out;
  size_t next_id = 0;
  for (auto& x : wanted) {
    if (auto i = out.size(); !set.keys.empty() && set.keys[i].settles()) {
      out.push_back(settled(x, set.keys[i], next_id));
      continue;
    }
    auto by_id = x.rows.by == lookup::id && x.rows.keys.size() == 1;
    auto known = by_id ? facts_by_id(x, set) : facts_for(x, set);
    if (x.inserts)
      known.new_id = set.new_ids[next_id++];
    auto decided = x.decide(known);
    if (!decided) {
      out.push_back({decided.error()});
      continue;
    }
    accept(x, *decided, set);
    if (decided->refusal)
      out.push_back({decided->refusal});
    else
      out.push_back(
          {changed<T>{std::move(decided->rows), 0, std::move(decided->kept)},
           decided->events.empty() ? 0 : set.events.size()});
  }
  return out;
}

// -- writing
// ----------------------------------------------------------------------

template <class T>
caf::error write_rows(connection& db, const working_set<T>& set) {
  std::vector<T> inserts;
  for (auto id : set.inserted)
    inserts.push_back(set.rows.at(id));
  std::vector<T> updates;
  for (auto& [id, before] : set.originals)
    if (to_record(set.rows.at(id)) != to_record(before))
      updates.push_back(set.rows.at(id));
  if (auto err = insert_rows<T>(db, inserts))
    return err;
  if (auto err = update_rows<T>(db, updates))
    return err;
  return write_audit(db, set.audit);
}

/// The keys of the requests; first of all in the transaction.
template <class T>
caf::error claim(connection& db, requests<T> wanted, working_set<T>& set) {
  if (std::all_of(wanted.begin(), wanted.end(),
                  [](auto& x) { return x.ctx.once.key.empty(); }))
    return caf::none;
  std::vector<const call*> callers;
  for (auto& x : wanted)
    callers.push_back(&x.ctx);
  auto verdicts = claim_keys(db, callers);
  if (!verdicts)
    return verdicts.error();
  set.keys = std::move(*verdicts);
  return caf::none;
}

/// Keeps the answers of the requests that ran and have a key.
template <class T>
caf::error keep(connection& db, requests<T> wanted,
                const std::vector<verdict<T>>& verdicts,
                const working_set<T>& set) {
  std::vector<keeping> answers;
  for (size_t i = 0; i < set.keys.size(); ++i)
    if (auto& x = verdicts[i].result; !set.keys[i].settles() && x
                                      && !wanted[i].ctx.once.key.empty()
                                      && x->kept.status != 0)
      answers.push_back({&wanted[i].ctx, &x->kept});
  return keep_answers(db, answers, set.now);
}

template <class T>
caf::expected<results<T>> change_all(connection& db, requests<T> wanted) {
  working_set<T> set;
  if (auto err = claim<T>(db, wanted, set))
    return err;
  if (auto err = read_clock<T>(db, wanted, set))
    return err;
  if (auto err = read_projects<T>(db, wanted, set))
    return err;
  if (auto err = read_locked<T>(db, wanted, set))
    return err;
  auto verdicts = decide<T>(wanted, set);
  if (auto err = write_rows(db, set))
    return err;
  if (auto err = keep<T>(db, wanted, verdicts, set))
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

/// As `try_changes`, and once more after a conflict: the row that was in the
/// way is visible now, so that the decision itself can say what is taken.
template <class T>
caf::expected<results<T>> try_twice(connection& db, requests<T> wanted,
                                    int64_t deadline, lock_wait how) {
  auto done = try_changes<T>(db, wanted, deadline, how);
  if (!done && classify(done.error()) == errc::conflict)
    done = try_changes<T>(db, wanted, deadline, how);
  return done;
}

/// Alone, so that one that fails does not take the others along.
template <class T>
void run_each(connection& db, change_batch<T>& batch) {
  for (size_t i = 0; i < batch.requests.size(); ++i) {
    auto one = requests<T>{batch.requests}.subspan(i, 1);
    auto done = try_twice<T>(db, one, batch.requests[i].ctx.deadline,
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
  requests<T> all{batch.requests};
  auto done = batch.patient ? try_twice<T>(db, all, batch.deadline, how)
                            : try_changes<T>(db, all, batch.deadline, how);
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

} // namespace callboard::storage
