#include "storage/lookups.hpp"

#include <algorithm>

namespace callboard::storage {

namespace {

using selectors = std::span<const selector* const>;

/// The keys at one position of all selectors, without nulls.
std::vector<cell> keys_at(selectors wanted, size_t position) {
  std::vector<cell> out;
  for (auto* x : wanted)
    if (!is_null(x->keys[position]))
      out.push_back(x->keys[position]);
  return out;
}

/// `<column> = ANY(<all keys>)<more>`
condition by_any(dialect_kind dialect, selectors wanted, const char* column,
                 const char* more) {
  std::vector<cell> ids;
  for (auto* x : wanted)
    ids.insert(ids.end(), x->keys.begin(), x->keys.end());
  return {column + any_of(dialect, 1, "bigint") + more,
          {set_parameter(dialect, ids)}};
}

/// Of such a selector every key is an id.
condition by_id(dialect_kind dialect, selectors wanted) {
  return by_any(dialect, wanted, "id", "");
}

bool has_id(const selector& wanted, int64_t id) {
  return wanted.keys[0] == cell{id};
}

/// `<column> = ANY(<first keys>)<more>`
condition by_first(dialect_kind dialect, selectors wanted, const char* column,
                   const char* more) {
  return {column + any_of(dialect, 1, "bigint") + more,
          {set_parameter(dialect, keys_at(wanted, 0))}};
}

} // namespace

template <>
condition where<task>(dialect_kind dialect, selectors wanted) {
  switch (wanted.front()->by) {
  case lookup::living_of_project:
    return by_first(dialect, wanted, "project_id", " AND status <> 'deleted'");
  case lookup::deleted_of_project:
    return by_first(dialect, wanted, "project_id",
                    " AND (status = 'deleted') IS TRUE");
  default:
    return by_id(dialect, wanted);
  }
}

template <>
bool matches(const selector& wanted, const task& row, const row_map<task>&) {
  auto deleted = row.status == task_status::deleted;
  switch (wanted.by) {
  case lookup::living_of_project:
    return to_cell(row.project_id) == wanted.keys[0] && !deleted;
  case lookup::deleted_of_project:
    return to_cell(row.project_id) == wanted.keys[0] && deleted;
  default:
    return has_id(wanted, row.id);
  }
}

template <>
condition where<project>(dialect_kind dialect, selectors wanted) {
  return by_id(dialect, wanted);
}

template <>
bool matches(const selector& wanted, const project& row,
             const row_map<project>&) {
  return has_id(wanted, row.id);
}

template <>
condition where<project_reference>(dialect_kind dialect, selectors wanted) {
  return by_id(dialect, wanted);
}

template <>
condition where<agent>(dialect_kind dialect, selectors wanted) {
  if (wanted.front()->by == lookup::name)
    return {"id" + any_of(dialect, 1, "bigint") + " OR name"
                + any_of(dialect, 2, "text") + " AND deleted_at IS NULL",
            {set_parameter(dialect, keys_at(wanted, 0)),
             set_parameter(dialect, keys_at(wanted, 1))}};
  return by_id(dialect, wanted);
}

template <>
bool matches(const selector& wanted, const agent& row, const row_map<agent>&) {
  if (wanted.by == lookup::name)
    return has_id(wanted, row.id)
           || (wanted.keys[1] == cell{row.name} && !row.deleted_at);
  return has_id(wanted, row.id);
}

template <>
condition where<execution>(dialect_kind dialect, selectors wanted) {
  switch (wanted.front()->by) {
  case lookup::open_of_task: // by the index on tasks, never by that on statuses
    return by_any(dialect, wanted, "task_id",
                  " AND (status = 'running') IS TRUE");
  case lookup::open_of_project:
    return by_first(dialect, wanted,
                    "task_id IN (SELECT t.id FROM scheduled_tasks AS t WHERE "
                    "t.project_id",
                    ") AND (status = 'running') IS TRUE");
  default:
    return by_id(dialect, wanted);
  }
}

template <>
bool matches(const selector& wanted, const execution& row,
             const row_map<execution>&) {
  if (wanted.by == lookup::open_of_task)
    return wanted.keys[0] == cell{row.task_id} && row.open();
  return has_id(wanted, row.id);
}

template <>
condition where<memory_entry>(dialect_kind dialect, selectors wanted) {
  return by_id(dialect, wanted);
}

template <>
bool matches(const selector& wanted, const memory_entry& row,
             const row_map<memory_entry>&) {
  return has_id(wanted, row.id);
}

template <>
condition where<sync_conflict>(dialect_kind dialect, selectors wanted) {
  if (wanted.front()->by == lookup::open_conflicts)
    return {"ended_by IS NULL", {}};
  return by_id(dialect, wanted);
}

template <>
bool matches(const selector& wanted, const sync_conflict& row,
             const row_map<sync_conflict>&) {
  return wanted.by == lookup::open_conflicts ? row.open()
                                             : has_id(wanted, row.id);
}

template <>
condition where<user>(dialect_kind dialect, selectors wanted) {
  switch (wanted.front()->by) {
  case lookup::admins: {
    auto ids = by_id(dialect, wanted);
    return {"role = 'admin' OR " + ids.text, std::move(ids.params)};
  }
  case lookup::name:
    return {"username" + any_of(dialect, 1, "text") + " OR email_folded"
                + any_of(dialect, 2, "text"),
            {set_parameter(dialect, keys_at(wanted, 0)),
             set_parameter(dialect, keys_at(wanted, 1))}};
  default:
    return by_id(dialect, wanted);
  }
}

template <>
bool matches(const selector& wanted, const user& row, const row_map<user>&) {
  switch (wanted.by) {
  case lookup::admins:
    return row.as == role::admin
           || std::find(wanted.keys.begin(), wanted.keys.end(), cell{row.id})
                  != wanted.keys.end();
  case lookup::name:
    return wanted.keys[0] == cell{row.username}
           || wanted.keys[1] == cell{row.email_folded};
  default:
    return has_id(wanted, row.id);
  }
}

template <>
condition where<refresh_token>(dialect_kind dialect, selectors wanted) {
  switch (wanted.front()->by) {
  case lookup::token: {
    auto presented = "token" + any_of(dialect, 1, "text");
    return {"family_id IN (SELECT family_id FROM refresh_tokens WHERE "
                + presented + ") AND (NOT revoked OR " + presented + ')',
            {set_parameter(dialect, keys_at(wanted, 0))}};
  }
  case lookup::owner:
    return {"user_id" + any_of(dialect, 1, "bigint")
                + " AND NOT revoked AND expires_at > " + current_time(dialect),
            {set_parameter(dialect, keys_at(wanted, 0))}};
  default:
    return by_id(dialect, wanted);
  }
}

template <>
bool matches(const selector& wanted, const refresh_token& row,
             const row_map<refresh_token>& all) {
  switch (wanted.by) {
  case lookup::token: {
    auto presented = std::find_if(all.begin(), all.end(), [&](auto& x) {
      return wanted.keys[0] == cell{x.second.token};
    });
    return presented != all.end()
           && presented->second.family_id == row.family_id;
  }
  case lookup::owner:
    return wanted.keys[0] == cell{row.user_id} && !row.revoked;
  default:
    return has_id(wanted, row.id);
  }
}

} // namespace callboard::storage
