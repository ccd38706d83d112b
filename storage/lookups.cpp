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

condition by_id(dialect_kind dialect, selectors wanted) {
  return {"id" + any_of(dialect, 1, "bigint"),
          {set_parameter(dialect, keys_at(wanted, 0))}};
}

bool has_id(const selector& wanted, int64_t id) {
  return std::get<int64_t>(wanted.keys[0]) == id;
}

} // namespace

template <>
condition where<task>(dialect_kind dialect, selectors wanted) {
  return by_id(dialect, wanted);
}

template <>
bool matches(const selector& wanted, const task& row, std::span<const task>) {
  return has_id(wanted, row.id);
}

template <>
condition where<user>(dialect_kind dialect, selectors wanted) {
  switch (wanted.front()->by) {
  case lookup::admins:
    return {"role = 'admin'", {}};
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
bool matches(const selector& wanted, const user& row, std::span<const user>) {
  switch (wanted.by) {
  case lookup::admins:
    return row.as == role::admin;
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
             std::span<const refresh_token> all) {
  switch (wanted.by) {
  case lookup::token: {
    auto presented = std::find_if(all.begin(), all.end(), [&](auto& x) {
      return wanted.keys[0] == cell{x.token};
    });
    return presented != all.end() && presented->family_id == row.family_id;
  }
  case lookup::owner:
    return wanted.keys[0] == cell{row.user_id} && !row.revoked;
  default:
    return has_id(wanted, row.id);
  }
}

} // namespace callboard::storage
