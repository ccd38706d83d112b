#include "storage/erasure.hpp"

#include <array>
#include <string>

namespace callboard::storage {

namespace {

/// `$1`: the id as a number.
constexpr std::array by_number{
    "DELETE FROM idempotency_keys WHERE user_id = $1",
    "DELETE FROM refresh_tokens WHERE user_id = $1",
    "DELETE FROM projects WHERE user_id = $1",
    "UPDATE agents SET user_id = NULL WHERE user_id = $1",
    "UPDATE audit_logs SET changed_fields = NULL WHERE table_name = 'users' "
    "AND "
    "record_id = $1",
};

/// `$1`: the id as a text.
constexpr std::array by_text{
    "UPDATE events SET data = '{}', payload = '{}' WHERE audience = $1 OR "
    "owner_id = $1",
    "DELETE FROM sync_conflicts WHERE id IN (SELECT id FROM scheduled_tasks "
    "WHERE user_id = $1)",
    "DELETE FROM scheduled_tasks WHERE user_id = $1",
    "DELETE FROM memory_entries WHERE user_id = $1",
    "UPDATE audit_logs SET changed_fields = NULL, ip_address = NULL, "
    "user_agent "
    "= NULL WHERE user_id = $1",
};

template <class Texts>
caf::error run_each(connection& db, const Texts& texts, const cell& id) {
  std::vector<cell> params{id};
  for (auto* text : texts)
    if (auto done = db.query(text, params, {}); !done)
      return done.error();
  return caf::none;
}

} // namespace

caf::error erase_belongings(connection& db, std::span<const int64_t> users) {
  for (auto id : users) {
    if (auto err = run_each(db, by_text, std::to_string(id)))
      return err;
    if (auto err = run_each(db, by_number, id))
      return err;
  }
  return caf::none;
}

} // namespace callboard::storage
