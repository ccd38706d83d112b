#include "storage/changes.hpp"

#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"
#include "storage/capabilities.hpp"
#include "storage/erasure.hpp"
#include "storage/given_ids.hpp"
#include "storage/locked_rows.hpp"
#include "storage/transact.hpp"

#include <algorithm>
#include <array>

namespace callboard::storage {

namespace {

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
    for (auto& key : wanted.rows.keys)
      if (auto i = rows.find(std::get<int64_t>(key)); i != rows.end())
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
  set.memories.insert(set.memories.end(), x.memories.begin(), x.memories.end());
  if (x.erases)
    for (auto& row : x.rows)
      set.erased.push_back(row.id);
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
      out.push_back(
          {changed<T>{std::move(decided->rows), 0, std::move(decided->kept)},
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

/// Related rows that are new have ids from outside.
template <class T>
caf::error pass_given_ids(connection& db, const working_set<T>& set) {
  caf::error err;
  [[maybe_unused]] auto pass = [&]<class E>(const row_set<E>& x) {
    if constexpr (writable<E>)
      if (!x.inserted.empty())
        err = move_ids_behind(
            db, entity<E>::table,
            *std::max_element(x.inserted.begin(), x.inserted.end()));
    return !err;
  };
  std::apply([&](auto&... sets) { static_cast<void>((pass(sets) && ...)); },
             set.others);
  return err;
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

/// The answers of the requests that ran and have a key.
template <class T>
table_rows rows_to_keep(requests<T> wanted,
                        const std::vector<verdict<T>>& verdicts,
                        const working_set<T>& set) {
  std::vector<keeping> answers;
  for (size_t i = 0; i < set.keys.size(); ++i)
    if (auto& x = verdicts[i].result; !set.keys[i].settles() && x
                                      && !wanted[i].ctx.once.key.empty()
                                      && x->kept.status != 0)
      answers.push_back({&wanted[i].ctx, &x->kept});
  return answer_rows(answers);
}

/// What one transaction came to.
template <class T>
struct transacted {
  results<T> verdicts;
  events added; ///< with their positions
};

template <class T>
caf::expected<transacted<T>> change_all(connection& db, requests<T> wanted) {
  working_set<T> set;
  if (auto err = claim<T>(db, wanted, set))
    return err;
  if (auto err = read_clock<T>(db, wanted, set))
    return err;
  if (auto err = read_rows_of<T>(db, wanted, set))
    return err;
  auto verdicts = decide<T>(wanted, set);
  if (auto err = set.for_each([&](auto& x) { return write_rows(db, x); }))
    return err;
  if (auto err = pass_given_ids(db, set))
    return err;
  std::array beside{audit_rows(set.audit), memory_rows(set.memories),
                    rows_to_keep<T>(wanted, verdicts, set)};
  if (auto err = insert_together(db, beside))
    return err;
  if (auto err = erase_belongings(db, set.erased))
    return err;
  auto base = write_events(db, set.events); // last before the commit (A6)
  if (!base)
    return base.error();
  transacted<T> out;
  for (auto& x : verdicts) {
    if (x.result && x.last_event > 0)
      x.result->position = *base + static_cast<int64_t>(x.last_event);
    out.verdicts.push_back(std::move(x.result));
  }
  out.added = std::move(set.events);
  for (auto& x : out.added)
    x.position = ++*base;
  return out;
}

template <class T>
caf::expected<transacted<T>> try_changes(connection& db, requests<T> wanted,
                                         int64_t deadline, lock_wait how) {
  return transact<transacted<T>>(db, deadline, how,
                                 [&] { return change_all<T>(db, wanted); });
}

/// As `try_changes`, and once more after a conflict: the row that was in the
/// way is visible now, so that the decision itself can say what is taken.
template <class T>
caf::expected<transacted<T>> try_twice(connection& db, requests<T> wanted,
                                       int64_t deadline, lock_wait how) {
  auto done = try_changes<T>(db, wanted, deadline, how);
  if (!done && classify(done.error()) == errc::conflict)
    done = try_changes<T>(db, wanted, deadline, how);
  return done;
}

template <class T>
void note_events(change_batch<T>& batch, events added) {
  batch.committed.insert(batch.committed.end(),
                         std::make_move_iterator(added.begin()),
                         std::make_move_iterator(added.end()));
}

/// Alone, so that one that fails does not take the others along.
template <class T>
void run_each(connection& db, change_batch<T>& batch) {
  for (size_t i = 0; i < batch.requests.size(); ++i) {
    auto one = requests<T>{batch.requests}.subspan(i, 1);
    auto done = try_twice<T>(db, one, batch.requests[i].ctx.deadline,
                             lock_wait::brief);
    if (done) {
      batch.results.push_back(std::move(done->verdicts.front()));
      note_events(batch, std::move(done->added));
    } else {
      batch.results.push_back(done.error());
    }
    if (!done && is_locked(done.error()))
      batch.blocked.push_back(i);
  }
}

} // namespace

template <class T>
caf::error run_changes(connection& db, change_batch<T>& batch) {
  batch.results.clear();
  batch.blocked.clear();
  batch.committed.clear();
  auto how = batch.patient ? lock_wait::patient : lock_wait::brief;
  requests<T> all{batch.requests};
  auto done = batch.patient ? try_twice<T>(db, all, batch.deadline, how)
                            : try_changes<T>(db, all, batch.deadline, how);
  if (done) {
    batch.results = std::move(done->verdicts);
    note_events(batch, std::move(done->added));
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
template caf::error run_changes(connection&, change_batch<memory_entry>&);
template caf::error run_changes(connection&, change_batch<sync_conflict>&);

} // namespace callboard::storage
