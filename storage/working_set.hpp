// What a transaction knows while it decides: locked rows, and what becomes of
// them. For `changes.cpp`.
#pragma once

#include "storage/event_log.hpp"
#include "storage/idempotency_keys.hpp"

#include <span>
#include <tuple>
#include <vector>

namespace callboard::storage {

template <class T>
using requests = std::span<const change_request<T>>;

template <class T>
using results = std::vector<caf::expected<changed<T>>>;

/// Rows of one entity.
template <class E>
struct row_set {
  row_map<E> rows;               ///< as they are now
  row_map<E> originals;          ///< as they were locked
  std::vector<int64_t> inserted; ///< ids of new rows, in order
};

/// What the transaction knows while it decides.
template <class T>
struct working_set {
  row_set<T> own;
  related<row_set, T> others;
  timestamp now;
  std::vector<int64_t> new_ids; ///< one per inserting request
  std::vector<audit_entry> audit;
  std::vector<event> events;
  std::vector<memory_entry> memories;
  std::vector<int64_t> erased;   ///< users whose belongings go
  std::vector<key_verdict> keys; ///< one per request; empty: none has a key

  /// Calls `f` with each set that a change of T may write.
  template <class F>
  caf::error for_each(F f) {
    if (auto err = f(own))
      return err;
    return std::apply(
        [&](auto&... sets) {
          caf::error err;
          static_cast<void>((!(err = f(sets)) && ...));
          return err;
        },
        others);
  }
};

/// The order in which rows are locked (A6).
template <class E>
inline constexpr int lock_rank = 0; // users and their tokens
template <>
inline constexpr int lock_rank<project> = 1;
template <>
inline constexpr int lock_rank<project_reference> = 1;
template <>
inline constexpr int lock_rank<agent> = 2;
template <>
inline constexpr int lock_rank<task> = 3;
template <>
inline constexpr int lock_rank<execution> = 4;
template <>
inline constexpr int lock_rank<sync_conflict> = 5;

template <class E>
inline constexpr std::string_view lock_strength = "UPDATE";
template <>
inline constexpr std::string_view lock_strength<project_reference> = "SHARE";

/// False for entities that changes only look at.
template <class E>
inline constexpr bool writable = lock_strength<E> == "UPDATE";

inline bool asks(const selector& x) {
  return !x.keys.empty() || x.by == lookup::admins
         || x.by == lookup::open_conflicts;
}

} // namespace callboard::storage
