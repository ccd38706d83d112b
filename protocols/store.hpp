// What a repository hands to the store: batches of decisions (A4). These
// messages stay in the process: they carry closures.
#pragma once

#include "protocols/call.hpp"
#include "protocols/event.hpp"
#include "protocols/kept_answer.hpp"
#include "protocols/user.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace callboard {

/// How rows are found.
enum class lookup : uint8_t {
  id,     ///< key: the row's id
  name,   ///< users: key `username`, or second key `email_folded`
  admins, ///< users: every admin
  token,  ///< tokens: key: SHA-256 hex; the live rows of its family, itself
          ///< and what replaced it
  owner,  ///< tokens: key: user id; all live rows
};

/// Which rows a decision looks at. `none`: an empty `keys`.
struct selector {
  lookup by = lookup::id;
  std::vector<cell> keys;
};

/// A project as far as tasks care.
struct project_reference {
  int64_t id = 0;
  std::optional<int64_t> user_id;
  bool deleted = false;
};

/// What a decision may look at, all of it locked until the commit.
template <class T>
struct facts {
  std::vector<T> rows; ///< what the selector found, by ascending id
  std::vector<project_reference> projects; ///< of `change_request::projects`
  timestamp now;      ///< the database's clock, at the transaction
  int64_t new_id = 0; ///< for an insert, if the request asked for one
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
  std::vector<int64_t> projects; ///< to look up (tasks)
  bool inserts = false;          ///< wants a `facts::new_id`
  decision<T> decide;
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(callboard::fetch_batch_ptr<callboard::user>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    callboard::fetch_batch_ptr<callboard::refresh_token>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    callboard::fetch_batch_ptr<callboard::task_detail>)
