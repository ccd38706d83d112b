// Every actor interface: the program's map. All of it but the store's may
// cross nodes, so its messages are plain data (A9).
#pragma once

#include "protocols/agent.hpp"
#include "protocols/audit.hpp"
#include "protocols/call.hpp"
#include "protocols/memory.hpp"
#include "protocols/personal_data.hpp"
#include "protocols/project.hpp"
#include "protocols/retention.hpp"
#include "protocols/store.hpp"
#include "protocols/summary.hpp"
#include "protocols/sync.hpp"
#include "protocols/task.hpp"
#include "protocols/user.hpp"

#include <caf/all.hpp>

namespace callboard {

/// A key of a rate-limit bucket: which limit, and whom it counts.
struct bucket_key {
  std::string bucket; ///< `standard`, `auth`, ...
  std::string client; ///< address; IPv6 as /64
  bool operator==(const bucket_key&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, bucket_key& x) {
  return f(caf::meta::type_name("bucket_key"), x.bucket, x.client);
}

/// What a bucket says to one request (rest-api section 1.7).
struct quota {
  bool allowed = true;
  int64_t limit = 0;       ///< requests per window
  int64_t remaining = 0;   ///< in this window, at least 0
  int64_t reset = 0;       ///< end of the window [s since 1970]
  int64_t retry_after = 0; ///< [s], at least 1 when refused
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, quota& x) {
  return f(caf::meta::type_name("quota"), x.allowed, x.limit, x.remaining,
           x.reset, x.retry_after);
}

/// The window that a quota is for.
inline constexpr std::chrono::seconds rate_window_length{60};

} // namespace callboard

CAF_BEGIN_TYPE_ID_BLOCK(callboard, first_custom_type_id)

CAF_ADD_TYPE_ID(callboard, (callboard::call))
CAF_ADD_TYPE_ID(callboard, (callboard::timestamp))
CAF_ADD_TYPE_ID(callboard, (callboard::task))
CAF_ADD_TYPE_ID(callboard, (callboard::patch<callboard::task>))
CAF_ADD_TYPE_ID(callboard, (callboard::changed<callboard::task>))
CAF_ADD_TYPE_ID(callboard, (callboard::task_detail))
CAF_ADD_TYPE_ID(callboard, (callboard::task_query))
CAF_ADD_TYPE_ID(callboard, (callboard::page<callboard::task>))
CAF_ADD_TYPE_ID(callboard, (callboard::task_ordering))
CAF_ADD_TYPE_ID(callboard, (callboard::task_history))
CAF_ADD_TYPE_ID(callboard, (callboard::history_query))
CAF_ADD_TYPE_ID(callboard, (callboard::activity))
CAF_ADD_TYPE_ID(callboard, (callboard::changed<callboard::execution>))
CAF_ADD_TYPE_ID(callboard, (callboard::patch<callboard::project>))
CAF_ADD_TYPE_ID(callboard, (callboard::changed<callboard::project>))
CAF_ADD_TYPE_ID(callboard, (callboard::project_tasks_query))
CAF_ADD_TYPE_ID(callboard, (callboard::project_detail))
CAF_ADD_TYPE_ID(callboard, (callboard::project_query))
CAF_ADD_TYPE_ID(callboard, (callboard::page<callboard::project>))
CAF_ADD_TYPE_ID(callboard, (callboard::patch<callboard::agent>))
CAF_ADD_TYPE_ID(callboard, (callboard::changed<callboard::agent>))
CAF_ADD_TYPE_ID(callboard, (callboard::agent_item_query))
CAF_ADD_TYPE_ID(callboard, (callboard::agent_detail))
CAF_ADD_TYPE_ID(callboard, (callboard::agent_query))
CAF_ADD_TYPE_ID(callboard, (callboard::activity_query))
CAF_ADD_TYPE_ID(callboard, (callboard::agent_runs))
CAF_ADD_TYPE_ID(callboard, (callboard::page<callboard::agent>))
CAF_ADD_TYPE_ID(callboard, (callboard::audit_query))
CAF_ADD_TYPE_ID(callboard, (callboard::page<callboard::audit_entry>))
CAF_ADD_TYPE_ID(callboard, (callboard::task_status_change))
CAF_ADD_TYPE_ID(callboard, (callboard::summary_query))
CAF_ADD_TYPE_ID(callboard, (callboard::summary))
CAF_ADD_TYPE_ID(callboard, (callboard::memory_note))
CAF_ADD_TYPE_ID(callboard, (callboard::changed<callboard::memory_entry>))
CAF_ADD_TYPE_ID(callboard, (callboard::memory_query))
CAF_ADD_TYPE_ID(callboard, (callboard::memory_matches))
CAF_ADD_TYPE_ID(callboard, (callboard::memory_task_query))
CAF_ADD_TYPE_ID(callboard, (callboard::memory_detail))
CAF_ADD_TYPE_ID(callboard, (callboard::memory_project_query))
CAF_ADD_TYPE_ID(callboard, (callboard::memory_entries))
CAF_ADD_TYPE_ID(callboard, (callboard::sync_conflict))
CAF_ADD_TYPE_ID(callboard, (callboard::changed<callboard::sync_conflict>))
CAF_ADD_TYPE_ID(callboard, (callboard::page<callboard::sync_conflict>))
CAF_ADD_TYPE_ID(callboard, (callboard::conflict_query))
CAF_ADD_TYPE_ID(callboard, (callboard::schedule_import))
CAF_ADD_TYPE_ID(callboard, (callboard::conflict_resolution))
CAF_ADD_TYPE_ID(callboard, (callboard::sync_order))
CAF_ADD_TYPE_ID(callboard, (callboard::sync_report))
CAF_ADD_TYPE_ID(callboard, (callboard::sync_status))
CAF_ADD_TYPE_ID(callboard, (callboard::user))
CAF_ADD_TYPE_ID(callboard, (callboard::patch<callboard::user>))
CAF_ADD_TYPE_ID(callboard, (callboard::patch<callboard::account_change>))
CAF_ADD_TYPE_ID(callboard, (callboard::user_query))
CAF_ADD_TYPE_ID(callboard, (callboard::page<callboard::user>))
CAF_ADD_TYPE_ID(callboard, (callboard::personal_data_query))
CAF_ADD_TYPE_ID(callboard, (callboard::personal_data))
CAF_ADD_TYPE_ID(callboard, (callboard::retention_rule))
CAF_ADD_TYPE_ID(callboard, (callboard::refresh_token))
CAF_ADD_TYPE_ID(callboard, (std::vector<callboard::refresh_token>))
CAF_ADD_TYPE_ID(callboard, (callboard::event))
CAF_ADD_TYPE_ID(callboard, (callboard::events))
CAF_ADD_TYPE_ID(callboard, (callboard::event_query))
CAF_ADD_TYPE_ID(callboard, (callboard::event_page))
CAF_ADD_TYPE_ID(callboard, (callboard::bucket_key))
CAF_ADD_TYPE_ID(callboard, (callboard::quota))
CAF_ADD_TYPE_ID(callboard, (callboard::database_status))

CAF_ADD_ATOM(callboard, callboard::atom, create, "create")
CAF_ADD_ATOM(callboard, callboard::atom, update, "update")
CAF_ADD_ATOM(callboard, callboard::atom, remove, "remove")
CAF_ADD_ATOM(callboard, callboard::atom, fetch, "fetch")
CAF_ADD_ATOM(callboard, callboard::atom, find, "find")
CAF_ADD_ATOM(callboard, callboard::atom, list, "list")
CAF_ADD_ATOM(callboard, callboard::atom, reorder, "reorder")
CAF_ADD_ATOM(callboard, callboard::atom, run, "run")
CAF_ADD_ATOM(callboard, callboard::atom, report, "report")
CAF_ADD_ATOM(callboard, callboard::atom, write, "write")
CAF_ADD_ATOM(callboard, callboard::atom, login, "login")
CAF_ADD_ATOM(callboard, callboard::atom, password, "password")
CAF_ADD_ATOM(callboard, callboard::atom, rotate, "rotate")
CAF_ADD_ATOM(callboard, callboard::atom, revoke, "revoke")
CAF_ADD_ATOM(callboard, callboard::atom, revoke_all, "revoke_all")
CAF_ADD_ATOM(callboard, callboard::atom, reset, "reset")
CAF_ADD_ATOM(callboard, callboard::atom, take, "take")
CAF_ADD_ATOM(callboard, callboard::atom, stop, "stop")
CAF_ADD_ATOM(callboard, callboard::atom, hash, "hash")
CAF_ADD_ATOM(callboard, callboard::atom, verify, "verify")
CAF_ADD_ATOM(callboard, callboard::atom, status, "status")
CAF_ADD_ATOM(callboard, callboard::atom, ping, "ping")
CAF_ADD_ATOM(callboard, callboard::atom, sweep, "sweep")
CAF_ADD_ATOM(callboard, callboard::atom, notice, "notice")
CAF_ADD_ATOM(callboard, callboard::atom, touch, "touch")
CAF_ADD_ATOM(callboard, callboard::atom, retry, "retry")

CAF_END_TYPE_ID_BLOCK(callboard)

namespace callboard {

// -- the store
// ------------------------------------------------------------------

/// The store, and each of its workers. A batch that cannot be tried at all
/// (no connection, too many waiting) is answered `unavailable`; else it comes
/// back with a result for each of its requests.
using store_actor = caf::typed_actor<
    caf::replies_to<atom::write,
                    change_batch_ptr<task>>::with<change_batch_ptr<task>>,
    caf::replies_to<atom::write,
                    change_batch_ptr<user>>::with<change_batch_ptr<user>>,
    caf::replies_to<atom::write, change_batch_ptr<refresh_token>>::with<
        change_batch_ptr<refresh_token>>,
    caf::replies_to<atom::write,
                    change_batch_ptr<project>>::with<change_batch_ptr<project>>,
    caf::replies_to<atom::write,
                    change_batch_ptr<agent>>::with<change_batch_ptr<agent>>,
    caf::replies_to<atom::write, change_batch_ptr<execution>>::with<
        change_batch_ptr<execution>>,
    caf::replies_to<atom::write, change_batch_ptr<memory_entry>>::with<
        change_batch_ptr<memory_entry>>,
    caf::replies_to<atom::write, change_batch_ptr<sync_conflict>>::with<
        change_batch_ptr<sync_conflict>>,
    caf::replies_to<atom::fetch,
                    fetch_batch_ptr<user>>::with<fetch_batch_ptr<user>>,
    caf::replies_to<atom::fetch, fetch_batch_ptr<refresh_token>>::with<
        fetch_batch_ptr<refresh_token>>,
    caf::replies_to<atom::fetch, fetch_batch_ptr<task_detail>>::with<
        fetch_batch_ptr<task_detail>>,
    // A question with its deadline. Of lists one page and the total, in one
    // snapshot; of items the row has id 0 when there is none.
    caf::replies_to<atom::list, task_query, int64_t>::with<page<task>>,
    caf::replies_to<atom::list, history_query, int64_t>::with<task_history>,
    caf::replies_to<atom::list, project_query, int64_t>::with<page<project>>,
    caf::replies_to<atom::list, project_tasks_query,
                    int64_t>::with<project_detail>,
    caf::replies_to<atom::list, agent_query, int64_t>::with<page<agent>>,
    caf::replies_to<atom::list, agent_item_query, int64_t>::with<agent_detail>,
    caf::replies_to<atom::list, activity_query, int64_t>::with<agent_runs>,
    caf::replies_to<atom::list, audit_query, int64_t>::with<page<audit_entry>>,
    caf::replies_to<atom::list, summary_query, int64_t>::with<summary>,
    caf::replies_to<atom::list, memory_query, int64_t>::with<memory_matches>,
    caf::replies_to<atom::list, memory_task_query,
                    int64_t>::with<memory_detail>,
    caf::replies_to<atom::list, memory_project_query,
                    int64_t>::with<memory_entries>,
    caf::replies_to<atom::list, user_query, int64_t>::with<page<user>>,
    caf::replies_to<atom::list, personal_data_query,
                    int64_t>::with<personal_data>,
    // Removes rows; how many.
    caf::replies_to<atom::write, retention_rule, int64_t>::with<int64_t>,
    caf::replies_to<atom::list, conflict_query,
                    int64_t>::with<page<sync_conflict>>,
    caf::replies_to<atom::list, event_query, int64_t>::with<event_page>,
    // Events of no other change; the position of the last.
    caf::replies_to<atom::write, events, int64_t>::with<int64_t>,
    // Whether the database answers.
    caf::replies_to<atom::ping>::with<bool>>;

/// The store's front alone.
using store_status_actor
    = caf::typed_actor<caf::replies_to<atom::status>::with<database_status>>;

// -- repositories
// ---------------------------------------------------------------

/// Decides what happens to tasks. Every operation: `not_found`, `forbidden`,
/// `rejected`, `bad_request`, `unavailable`, `deadline_exceeded`.
using task_repository_actor = caf::typed_actor<
    // The task as stored, owned by the caller; a repeated request
    // (`call::once`) gets what the first one was answered, `conflict` while
    // that runs, `rejected` if it was another one.
    caf::replies_to<atom::create, call, patch<task>>::with<changed<task>>,
    // The task as stored; a changed status is announced. It and the next:
    // `precondition_failed` (`call::if_match`).
    caf::replies_to<atom::update, call, int64_t,
                    patch<task>>::with<changed<task>>,
    // The task, now `deleted`; again and again.
    caf::replies_to<atom::remove, call, int64_t>::with<changed<task>>,
    // The task with its newest executions.
    caf::replies_to<atom::fetch, call, int64_t>::with<task_detail>,
    // One page; of another owner's tasks for admins alone.
    caf::replies_to<atom::list, call, task_query>::with<page<task>>,
    // The living tasks of a project with their new positions, in that order.
    caf::replies_to<atom::reorder, call, int64_t,
                    task_ordering>::with<changed<task>>,
    // All the tasks with their new status, or none and why.
    caf::replies_to<atom::update, call,
                    task_status_change>::with<changed<task>>,
    // Counts; of another owner for admins alone.
    caf::replies_to<atom::list, call, summary_query>::with<summary>,
    // Looks for callers whose deadline passed.
    caf::reacts_to<atom::sweep>>;

/// Decides what happens to projects. Errors as for tasks.
using project_repository_actor = caf::typed_actor<
    // The project as stored, owned by the caller.
    caf::replies_to<atom::create, call, patch<project>>::with<changed<project>>,
    // The project as stored. An admin who gives a status to a deleted project
    // restores it; the tasks deleted with it come back disabled.
    caf::replies_to<atom::update, call, int64_t,
                    patch<project>>::with<changed<project>>,
    // The project, deleted, and with it all its tasks.
    caf::replies_to<atom::remove, call, int64_t>::with<changed<project>>,
    // The project with a page of its tasks.
    caf::replies_to<atom::fetch, call,
                    project_tasks_query>::with<project_detail>,
    // One page; of another owner's projects for admins alone.
    caf::replies_to<atom::list, call, project_query>::with<page<project>>,
    // Looks for callers whose deadline passed.
    caf::reacts_to<atom::sweep>>;

/// Decides what happens to agents. Errors as for tasks; `conflict` for a name
/// that is taken. Everybody sees all agents; the creator and admins change one.
using agent_repository_actor = caf::typed_actor<
    caf::replies_to<atom::create, call, patch<agent>>::with<changed<agent>>,
    // The agent as stored; a changed status is announced.
    caf::replies_to<atom::update, call, int64_t,
                    patch<agent>>::with<changed<agent>>,
    // Hides the agent; its history stays.
    caf::replies_to<atom::remove, call, int64_t>::with<changed<agent>>,
    // The agent with its newest runs, without the texts of foreign tasks.
    caf::replies_to<atom::fetch, call, agent_item_query>::with<agent_detail>,
    caf::replies_to<atom::list, call, agent_query>::with<page<agent>>,
    // Looks for callers whose deadline passed.
    caf::reacts_to<atom::sweep>>;

/// Decides what happens to the runs of tasks. Errors as for tasks.
using execution_repository_actor = caf::typed_actor<
    // Runs the task now; `conflict` while it runs, or when it is deleted.
    caf::replies_to<atom::run, call, int64_t>::with<changed<execution>>,
    // What an agent did: a new run, or the end of an open one.
    caf::replies_to<atom::report, call, activity>::with<changed<execution>>,
    // The runs of agents, newest first, without the texts of foreign tasks.
    caf::replies_to<atom::list, call, activity_query>::with<agent_runs>,
    // The runs of a task, newest first.
    caf::replies_to<atom::list, call, history_query>::with<task_history>,
    // Looks for callers whose deadline passed.
    caf::reacts_to<atom::sweep>>;

/// Reads the audit log, for admins alone (`forbidden`). Entries are written by
/// the store, with the change they tell of.
using audit_repository_actor = caf::typed_actor<
    caf::replies_to<atom::list, call, audit_query>::with<page<audit_entry>>>;

/// What was remembered. Everybody sees own entries and those of `system`,
/// admins all. Errors: `unavailable`, `deadline_exceeded`.
using memory_repository_actor = caf::typed_actor<
    // The entry with its tags; of the caller unless an admin names another.
    // `kept` is the answer.
    caf::replies_to<atom::create, call,
                    memory_note>::with<changed<memory_entry>>,
    // The query's owner is set to the caller.
    caf::replies_to<atom::list, call, memory_query>::with<memory_matches>,
    // `not_found` if nobody remembers the task.
    caf::replies_to<atom::fetch, call, memory_task_query>::with<memory_detail>,
    caf::replies_to<atom::list, call,
                    memory_project_query>::with<memory_entries>,
    // Looks for callers whose deadline passed.
    caf::reacts_to<atom::sweep>>;

/// Decides what the YAML file and the database make of one another: conflicts,
/// and the tasks that a sync changes. Errors as for tasks.
using conflict_repository_actor = caf::typed_actor<
    // Takes what the file says that is newer, all of it or nothing; the open
    // conflicts of its tasks, and those that it overtook.
    caf::replies_to<atom::update, call,
                    schedule_import>::with<changed<sync_conflict>>,
    // The conflict, ended; `not_found` for one that is not open.
    caf::replies_to<atom::update, call,
                    conflict_resolution>::with<changed<sync_conflict>>,
    // Forgets every open conflict; how many.
    caf::replies_to<atom::remove, call>::with<int64_t>,
    caf::replies_to<atom::list, call,
                    conflict_query>::with<page<sync_conflict>>,
    // Looks for callers whose deadline passed.
    caf::reacts_to<atom::sweep>>;

/// Keeps the YAML file and the database together. One sync at a time, under
/// the file's lock. `unavailable` while sync is off, or somebody else has the
/// lock; `bad_request` for a file that cannot be read or written.
using schedule_sync_actor = caf::typed_actor<
    // The conflicts of the file; without `force` they stop a `bidirectional`
    // one from writing it.
    caf::replies_to<atom::run, call, sync_order>::with<sync_report>,
    // Ends a conflict on both sides.
    caf::replies_to<atom::update, call,
                    conflict_resolution>::with<sync_conflict>,
    // Also while sync is off.
    caf::replies_to<atom::status, call>::with<sync_status>,
    // The database's tasks may have changed; the second is the first's echo,
    // by which time others have come.
    caf::reacts_to<atom::notice>, caf::reacts_to<atom::notice, bool>,
    // The file's folder changed; the second is its echo after a while, with
    // its number: a later change makes it void.
    caf::reacts_to<atom::touch>, caf::reacts_to<atom::touch, int64_t>,
    // Tries for the lock again.
    caf::reacts_to<atom::retry>,
    // Compares both once more.
    caf::reacts_to<atom::sweep>>;

/// Accounts.
using user_repository_actor = caf::typed_actor<
    // A new account with the values given (password already hashed);
    // `bad_request` when the name or the address is taken.
    caf::replies_to<atom::create, call, user>::with<user>,
    // By id, or `not_found`.
    caf::replies_to<atom::fetch, call, int64_t>::with<user>,
    // By name, or `not_found`.
    caf::replies_to<atom::find, call, std::string>::with<user>,
    // The profile with the given fields replaced.
    caf::replies_to<atom::update, call, int64_t, patch<user>>::with<user>,
    // Remembers a login (`last_login`).
    caf::replies_to<atom::login, call, int64_t>::with<user>,
    // Replaces the hash if it still is the old one, else `conflict`, and ends
    // all sessions but one: id, old hash, new hash, family to keep.
    caf::replies_to<atom::password, call, int64_t, std::string, std::string,
                    std::string>::with<user>,
    // One page; for admins alone (`forbidden`), as the next four.
    caf::replies_to<atom::list, call, user_query>::with<page<user>>,
    // Another role, active or not; who is not loses all sessions. `conflict`
    // if no active admin would be left.
    caf::replies_to<atom::update, call, int64_t,
                    patch<account_change>>::with<user>,
    // Stores a code for a new password: id, SHA-256 hex, end.
    caf::replies_to<atom::reset, call, int64_t, std::string,
                    timestamp>::with<user>,
    // Uses it, once, and ends all sessions: id, SHA-256 hex of the code, new
    // hash. `bad_request` for a wrong one. For everybody.
    caf::replies_to<atom::reset, call, int64_t, std::string,
                    std::string>::with<user>,
    // All about a user; for the user and admins.
    caf::replies_to<atom::list, call, personal_data_query>::with<personal_data>,
    // Erases all about a user; for the user and admins. `conflict` for the last
    // active admin.
    caf::replies_to<atom::remove, call, int64_t>::with<user>,
    // Makes the account an admin unless one exists; true if it did.
    caf::replies_to<atom::create, call, user, bool>::with<bool>,
    // Looks for callers whose deadline passed.
    caf::reacts_to<atom::sweep>>;

/// Refresh tokens. Hashes are SHA-256 hex.
using token_repository_actor = caf::typed_actor<
    // Stores the row of a new login.
    caf::replies_to<atom::create, call, refresh_token>::with<refresh_token>,
    // Rotation: revokes the row with this hash and stores the successor, whose
    // family and predecessor are filled in. `unauthenticated` with the
    // contract's text; reuse of a revoked token revokes its family. The
    // immediate predecessor again within 10 s from the same client, successor
    // unused: the row of the successor once more.
    caf::replies_to<atom::rotate, call, std::string,
                    refresh_token>::with<refresh_token>,
    // Revokes the caller's live row with this hash; false if there is none.
    caf::replies_to<atom::revoke, call, std::string>::with<bool>,
    // Revokes the caller's live row with this id, else `not_found`.
    caf::replies_to<atom::remove, call, int64_t>::with<bool>,
    // Revokes all live rows of the caller but the given family (may be empty);
    // how many.
    caf::replies_to<atom::revoke_all, call, std::string>::with<int64_t>,
    // The caller's live rows, newest first.
    caf::replies_to<atom::list, call>::with<std::vector<refresh_token>>,
    // Looks for callers whose deadline passed.
    caf::reacts_to<atom::sweep>>;

// -- passwords
// ------------------------------------------------------------------

/// Hashes and compares passwords, off the event loops (A13). `unavailable`
/// when too many wait, `deadline_exceeded` when the caller's time was over.
using passwords_actor = caf::typed_actor<
    // The bcrypt hash of a password.
    caf::replies_to<atom::hash, call, std::string>::with<std::string>,
    // Whether the password fits the hash. An empty hash stands for an unknown
    // account: the same work, then false.
    caf::replies_to<atom::verify, call, std::string, std::string>::with<bool>>;

/// Slows down who guesses passwords. Accounts are named as they were typed.
using login_guard_actor = caf::typed_actor<
    // Counts an attempt by (name, address) as failed, unless it must wait.
    caf::replies_to<atom::take, std::string, std::string>::with<quota>,
    // Its end: the password was right, or (false) was not compared at all.
    caf::reacts_to<atom::report, std::string, std::string, bool>,
    // Forgets what is long past.
    caf::reacts_to<atom::sweep>>;

/// Removes rows that are past their time, in batches.
using retention_actor = caf::typed_actor<caf::reacts_to<atom::sweep>>;

/// One thread of it.
using password_worker_actor = caf::typed_actor<
    caf::replies_to<atom::hash, std::string>::with<std::string>,
    caf::replies_to<atom::verify, std::string, std::string>::with<bool>>;

// -- limits
// -----------------------------------------------------------------------

/// Routes a request to the bucket of its key, which is started when needed.
/// `unavailable` when there are too many keys.
using rate_limits_actor
    = caf::typed_actor<caf::replies_to<atom::take, bucket_key>::with<quota>,
                       // Looks for keys that nobody used for a window.
                       caf::reacts_to<atom::sweep>>;

/// One bucket.
using rate_limit_bucket_actor
    = caf::typed_actor<caf::replies_to<atom::take, bucket_key>::with<quota>,
                       // Ends it, behind the requests that came before.
                       caf::reacts_to<atom::stop>>;

} // namespace callboard
