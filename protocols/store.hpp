// What a repository hands to the store: batches of decisions (A4). These
// messages stay in the process: they carry closures.
#pragma once

#include "protocols/agent.hpp"
#include "protocols/call.hpp"
#include "protocols/event.hpp"
#include "protocols/kept_answer.hpp"
#include "protocols/memory.hpp"
#include "protocols/project.hpp"
#include "protocols/sync.hpp"
#include "protocols/user.hpp"

#include <caf/all.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace callboard {

/// How rows are found.
enum class lookup : uint8_t {
  id,     ///< key: the row's id
  name,   ///< users: key `username`, or second key `email_folded`; agents: key
          ///< id, or second key the name of one that is not deleted
  admins, ///< users: every admin, and those with the ids in the keys
  token,  ///< tokens: key: SHA-256 hex; the live rows of its family, itself
          ///< and what replaced it
  owner,  ///< tokens: key: user id; all live rows
  living_of_project,  ///< tasks: key: project id; those not deleted
  deleted_of_project, ///< tasks: key: project id; the others
  open_of_task,       ///< executions that run: keys: task ids
  open_of_project,    ///< executions that run: key: project id
  open_conflicts,     ///< sync conflicts: every open one
};

/// Which rows a decision looks at. `none`: an empty `keys`.
struct selector {
  lookup by = lookup::id;
  std::vector<cell> keys;
};

// -- rows of other entities --------------------------------------------------

template <class... Es>
struct entities {};

/// Of which other entities a change of T may look at rows, and write them, in
/// the same transaction; in lock order (users < tokens; projects < agents <
/// tasks < executions, T somewhere between). `project_reference` is read alone.
template <class T>
struct related_to {
  using type = entities<>;
};
template <>
struct related_to<user> {
  using type = entities<refresh_token>;
};
template <>
struct related_to<task> {
  using type = entities<project_reference, execution>;
};
template <>
struct related_to<project> {
  using type = entities<task, execution>;
};
template <>
struct related_to<execution> {
  using type = entities<agent, task>;
};
template <>
struct related_to<sync_conflict> {
  using type = entities<task, execution>;
};

template <template <class> class F, class List>
struct for_each_entity;
template <template <class> class F, class... Es>
struct for_each_entity<F, entities<Es...>> {
  using type = std::tuple<F<Es>...>;
};

/// A tuple with one F<E> per entity E that T is related to.
template <template <class> class F, class T>
using related = typename for_each_entity<F, typename related_to<T>::type>::type;

/// Rows by id.
template <class E>
using row_map = std::map<int64_t, E>;

/// What a request wants to see of E.
template <class E>
struct related_selector {
  selector rows;
};

/// What a decision sees of E.
template <class E>
struct related_view {
  const row_map<E>* rows = nullptr;
};

/// What a decision makes of E: new states of rows that it saw, and rows with
/// an id from outside (a file's) that was free.
template <class E>
struct related_rows {
  std::vector<E> rows;
};

// -- changes ------------------------------------------------------------------

/// What a decision may look at, all of it locked until the commit.
template <class T>
struct facts {
  std::vector<T> rows; ///< what the selector found, by ascending id
  timestamp now;       ///< the database's clock, at the transaction
  int64_t new_id = 0;  ///< for an insert, if the request asked for one
  related<related_view, T> others = {};

  /// All rows of E that the requests of the batch asked for: the decision
  /// picks its own.
  template <class E>
  const row_map<E>& all() const {
    static const row_map<E> nothing;
    auto* found = std::get<related_view<E>>(others).rows;
    return found != nullptr ? *found : nothing;
  }

  /// The related row with this id, or null.
  template <class E>
  const E* find(int64_t id) const {
    auto i = all<E>().find(id);
    return i == all<E>().end() ? nullptr : &i->second;
  }

  /// Shows rows that outlive the decision.
  template <class E>
  facts& show(const row_map<E>& rows_of_e) {
    std::get<related_view<E>>(others).rows = &rows_of_e;
    return *this;
  }
};

/// What a decision wants: rows to insert (`id == facts::new_id`) or to update,
/// and events. With `refusal` set the writes happen and the caller gets the
/// error (a reused token revokes its family).
template <class T>
struct outcome {
  std::vector<T> rows;
  callboard::events events = {};
  caf::error refusal = {};
  /// What the client gets, if its request has an `Idempotency-Key`.
  kept_answer kept = {};
  related<related_rows, T> others = {};
  std::vector<memory_entry> memories = {}; ///< their ids are given later
  /// Users: all that belongs to these rows goes, or is made anonymous.
  bool erases = false;

  /// Related rows to write.
  template <class E>
  std::vector<E>& also() {
    return std::get<related_rows<E>>(others).rows;
  }
};

/// Turns facts into an outcome, or refuses. Runs inside the transaction on a
/// store worker's thread, perhaps more than once: pure.
template <class T>
using decision = std::function<caf::expected<outcome<T>>(const facts<T>&)>;

/// One caller's wish.
template <class T>
struct change_request {
  call ctx;
  selector rows;
  bool inserts = false; ///< wants a `facts::new_id`
  decision<T> decide;
  related<related_selector, T> others = {};

  /// Which rows of E the decision wants to see.
  template <class E>
  selector& also() {
    return std::get<related_selector<E>>(others).rows;
  }
};

/// What a committed change left behind: the rows of the outcome as stored, and
/// the stream position (0 if the change wrote no event). A repeated request has
/// `kept` alone: what the first one was answered.
template <class T>
struct changed {
  std::vector<T> rows;
  int64_t position = 0;
  kept_answer kept = {};
};

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, changed<T>& x) {
  return f(caf::meta::type_name("changed"), x.rows, x.position, x.kept);
}

/// Changes for one transaction, and what became of each, in order. The store
/// fills `results`; requests are shared, never copied.
template <class T>
struct change_batch {
  std::vector<change_request<T>> requests;
  std::vector<caf::expected<changed<T>>> results;
  int64_t deadline = 0; ///< as in `call`
  /// Requests that met a row locked by somebody else: to be sent again, each
  /// alone and `patient`, while the others go on.
  std::vector<size_t> blocked;
  bool patient = false; ///< waits for locks until the deadline
  /// What the commits added to the stream, ascending, with positions.
  callboard::events committed;
};
template <class T>
using change_batch_ptr = std::shared_ptr<change_batch<T>>;

/// Rows by selector, for several callers at once.
template <class T>
struct fetch_batch {
  std::vector<selector> wanted;
  std::vector<caf::expected<std::vector<T>>> results; ///< per selector
  int64_t deadline = 0;
};
template <class T>
using fetch_batch_ptr = std::shared_ptr<fetch_batch<T>>;

/// What the store tells of the database behind it.
struct database_status {
  bool connected = false;
  bool sqlite = false;
  int64_t connections = 0; ///< workers [count]
  int64_t busy = 0;        ///< of them with a job [count]
  int64_t waiting = 0;     ///< jobs without a worker [count]
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, database_status& x) {
  return f(caf::meta::type_name("database_status"), x.connected, x.sqlite,
           x.connections, x.busy, x.waiting);
}

} // namespace callboard

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::change_batch_ptr<callboard::task>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::change_batch_ptr<callboard::user>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    callboard::change_batch_ptr<callboard::refresh_token>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::change_batch_ptr<callboard::project>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::change_batch_ptr<callboard::agent>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::change_batch_ptr<callboard::execution>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    callboard::change_batch_ptr<callboard::memory_entry>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    callboard::change_batch_ptr<callboard::sync_conflict>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::fetch_batch_ptr<callboard::user>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    callboard::fetch_batch_ptr<callboard::refresh_token>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    callboard::fetch_batch_ptr<callboard::task_detail>)
