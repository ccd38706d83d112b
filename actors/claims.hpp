// Which requests may be at the store in two batches at once: those that would
// only wait there for one another's locks may not. Nothing but waiting depends
// on it: what is right is kept by the database's own locks.
#pragma once

#include "protocols/store.hpp"

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace callboard::actors {

/// What a request, or a batch, would lock.
struct claims {
  std::vector<size_t> of; ///< hashes of rows and keys; two may be equal
  bool unknown = false;   ///< rows that are not known before they are read

  void add(const claims& x) {
    of.insert(of.end(), x.of.begin(), x.of.end());
    unknown = unknown || x.unknown;
  }

  void add(size_t kind, std::string_view key) {
    of.push_back(std::hash<std::string_view>{}(key)*31 + kind);
  }

  bool none() const { return of.empty() && !unknown; }
};

/// The claims of the batches at the store.
class claimed_set {
public:
  /// True if a request with these claims waits for none of the batches.
  bool allow(const claims& x) const {
    if (x.none())
      return true;
    if (unknown_ > 0 || (x.unknown && !of_.empty()))
      return false;
    for (auto one : x.of)
      if (of_.contains(one))
        return false;
    return true;
  }

  void take(const claims& x) {
    of_.insert(x.of.begin(), x.of.end());
    unknown_ += x.unknown ? 1 : 0;
  }

  /// After `take` of the same.
  void release(const claims& x) {
    for (auto one : x.of)
      of_.erase(of_.find(one));
    unknown_ -= x.unknown ? 1 : 0;
  }

private:
  std::unordered_multiset<size_t> of_;
  size_t unknown_ = 0; ///< batches with unknown rows
};

/// The claims of a change: its rows and those of other entities, if they are
/// named by id (runs: by their task's), and its Idempotency-Key. New rows are
/// nobody else's, and rows that are only referred to are shared.
template <class T>
claims claims_of(const change_request<T>& x) {
  claims out;
  size_t kind = 0;
  auto add = [&](const selector& rows) {
    ++kind;
    if (rows.by != lookup::id && rows.by != lookup::open_of_task)
      out.unknown = true;
    for (auto& key : rows.keys)
      if (auto* id = std::get_if<int64_t>(&key); id != nullptr)
        out.add(kind, std::to_string(*id));
  };
  add(x.rows);
  std::apply(
      [&]<class... Es>(const related_selector<Es>&... others) {
        [[maybe_unused]] auto of
            = [&]<class E>(const related_selector<E>& rows) {
                if constexpr (!std::is_same_v<E, project_reference>)
                  add(rows.rows);
              };
        static_cast<void>((of(others), ...));
      },
      x.others);
  if (auto& once = x.ctx.once; !once.key.empty())
    out.add(0, std::to_string(x.ctx.user_id) + ' ' + once.key);
  return out;
}

} // namespace callboard::actors
