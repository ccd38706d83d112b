#include "storage/execution_columns.hpp"
#include "storage/lists.hpp"
#include "storage/sql.hpp"
#include "storage/transact.hpp"

namespace callboard::storage {

namespace {

/// Reads the newest rows of one kind after another, and notes of which there
/// is more.
class collector {
public:
  collector(connection& db, personal_data& out) : db_(db), out_(out) {}

  template <class T>
  void take(std::vector<T>& into, const char* kind, const std::string& where,
            const cell& id, std::string_view columns = column_list<T>(),
            int64_t most = personal_data_query::max_rows) {
    if (err_)
      return;
    std::vector<cell> params{id, most + 1};
    // No index has this order: the user's rows are found first, not everybody's
    // walked in the hope of some.
    auto found
        = read_rows<T>(db_.query("SELECT " + std::string{columns} + " FROM "
                                     + std::string{entity<T>::table} + " WHERE "
                                     + where + " ORDER BY id + 0 DESC LIMIT $2",
                                 params, kinds_of<T>()));
    if (!found) {
      err_ = found.error();
      return;
    }
    into = std::move(*found);
    if (into.size() > static_cast<size_t>(most)) {
      into.pop_back();
      out_.truncated.emplace_back(kind);
    }
  }

  caf::error result() const { return err_; }

private:
  connection& db_;
  personal_data& out_;
  caf::error err_;
};

caf::expected<personal_data> collect(connection& db, int64_t id) {
  personal_data out;
  std::vector<cell> params{id};
  auto account = select<user>(db, "WHERE id = $1", params);
  if (!account)
    return account.error();
  if (account->empty())
    return out;
  out.account = std::move(account->front());
  auto text = std::to_string(id);
  collector all{db, out};
  all.take(out.sessions, "sessions", "user_id = $1", id);
  all.take(out.projects, "projects", "user_id = $1", id);
  all.take(out.tasks, "tasks", "user_id = $1", text);
  all.take(out.executions, "executions",
           "task_id IN (SELECT t.id FROM scheduled_tasks AS t WHERE t.user_id "
           "= $1)",
           text, short_execution_columns(db.dialect()),
           personal_data_query::max_executions);
  all.take(out.agents, "agents", "user_id = $1", id);
  all.take(out.memory, "memory", "user_id = $1", text);
  all.take(out.audit, "audit", "user_id = $1", text);
  if (auto err = all.result())
    return err;
  return out;
}

} // namespace

caf::expected<personal_data>
answer(connection& db, const personal_data_query& query, int64_t deadline) {
  db.set_statement_timeout(remaining_until(deadline));
  return collect(db, query.user_id);
}

} // namespace callboard::storage
