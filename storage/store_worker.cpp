#include "storage/store_worker.hpp"

#include "protocols/error.hpp"
#include "storage/changes.hpp"
#include "storage/event_log.hpp"
#include "storage/lists.hpp"
#include "storage/retention.hpp"
#include "storage/transact.hpp"

#include <utility>

namespace callboard::storage {

namespace {

/// True for changes that may write tasks.
template <class T>
constexpr bool may_change_tasks
    = std::is_same_v<
          T,
          task> || std::is_same_v<T, project> || std::is_same_v<T, execution>;

template <class T>
bool changes_tasks(const change_batch<T>&) {
  return may_change_tasks<T>;
}

} // namespace

store_actor::behavior_type
store_worker(store_actor::stateful_pointer<store_worker_state> self,
             std::shared_ptr<connection> db, worker_settings settings) {
  self->state.db = std::move(db);
  auto tell_front = [front = settings.front](auto message) {
    if (auto to = front())
      caf::anon_send(to, std::move(message));
  };
  worker_hello hello{self->address(), self->state.db, settings.pool,
                     settings.overflow};
  settings.board->add(hello); // for a front that starts only now
  tell_front(std::move(hello));
  auto report = [self, tell_front](const caf::error& err, bool tasks = false,
                                   bool pinged = false) {
    tell_front(worker_idle{self->address(), !is_outage(err), tasks, pinged});
  };
  auto tell
      = [mark = settings.mark, committed = settings.committed](events added) {
          if (added.empty())
            return;
          if (mark)
            mark->advance(added.back().position);
          if (committed)
            committed(std::move(added));
        };
  auto change
      = [self, report, tell](auto batch) -> caf::result<decltype(batch)> {
    auto err = run_changes(*self->state.db, *batch);
    tell(std::exchange(batch->committed, {}));
    report(err, changes_tasks(*batch));
    if (err)
      return err;
    return batch;
  };
  auto fetch = [self, report](auto batch) -> caf::result<decltype(batch)> {
    auto err = run_fetches(*self->state.db, *batch);
    report(err);
    if (err)
      return err;
    return batch;
  };
  auto ask = [self, report](auto& question, int64_t deadline)
      -> caf::result<std::remove_cvref_t<decltype(*answer(
          *self->state.db, question, deadline))>> {
    auto found = answer(*self->state.db, question, deadline);
    report(found ? caf::error{} : found.error());
    if (!found)
      return found.error();
    return std::move(*found);
  };
  return {
      [=](atom::write, const change_batch_ptr<task>& x) { return change(x); },
      [=](atom::write, const change_batch_ptr<user>& x) { return change(x); },
      [=](atom::write, const change_batch_ptr<refresh_token>& x) {
        return change(x);
      },
      [=](atom::write, const change_batch_ptr<project>& x) {
        return change(x);
      },
      [=](atom::write, const change_batch_ptr<agent>& x) { return change(x); },
      [=](atom::write, const change_batch_ptr<execution>& x) {
        return change(x);
      },
      [=](atom::write, const change_batch_ptr<memory_entry>& x) {
        return change(x);
      },
      [=](atom::write, const change_batch_ptr<sync_conflict>& x) {
        return change(x);
      },
      [=](atom::fetch, const fetch_batch_ptr<user>& x) { return fetch(x); },
      [=](atom::fetch, const fetch_batch_ptr<refresh_token>& x) {
        return fetch(x);
      },
      [=](atom::fetch, const fetch_batch_ptr<task_detail>& x) {
        return fetch(x);
      },
      [=](atom::list, const task_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const history_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const project_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const project_tasks_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const agent_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const agent_item_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const activity_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const audit_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const summary_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const memory_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const memory_task_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const memory_project_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const user_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const personal_data_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::write, const retention_rule& x,
          int64_t deadline) -> caf::result<int64_t> {
        auto removed = prune(*self->state.db, x, deadline);
        report(removed ? caf::error{} : removed.error());
        if (!removed)
          return removed.error();
        return *removed;
      },
      [=](atom::list, const conflict_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::list, const event_query& x, int64_t deadline) {
        return ask(x, deadline);
      },
      [=](atom::write, events& x, int64_t deadline) -> caf::result<int64_t> {
        auto last = append_events(*self->state.db, x, deadline);
        report(last ? caf::error{} : last.error());
        if (!last)
          return last.error();
        tell(std::move(x));
        return *last;
      },
      [=](atom::ping) -> caf::result<bool> {
        auto err = self->state.db->ping();
        report(err, false, true);
        return !err;
      },
  };
}

} // namespace callboard::storage
