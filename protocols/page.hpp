// A part of a list.
#pragma once

#include "protocols/entity.hpp"

#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace callboard {

/// One page of rows and the size of the whole filtered set.
template <class T>
struct page {
  std::vector<T> rows;
  int64_t total = 0;
  bool more = false; ///< rows follow behind the page
};

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, page<T>& x) {
  return f(caf::meta::type_name("page"), x.rows, x.total, x.more);
}

/// Instants from `from` on and before `until`; by default all.
struct time_range {
  timestamp from{std::numeric_limits<int64_t>::min()};
  timestamp until{std::numeric_limits<int64_t>::max()};
  bool operator==(const time_range&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, time_range& x) {
  return f(caf::meta::type_name("time_range"), x.from, x.until);
}

/// In which order a list comes: by one column, then by id in the same
/// direction. Nulls are the smallest.
struct list_order {
  std::string_view column;
  bool descending = true;
  bool nullable = false;
};

/// The last row that a reader of a list has seen: its next page comes after it.
struct list_position {
  int64_t id = 0; ///< 0: from the beginning
  cell value;     ///< of what the list is sorted by
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, list_position& x) {
  if constexpr (std::is_same_v<typename Inspector::result_type, caf::error>) {
    if (auto err = f(x.id))
      return err;
    return inspect_cell(f, x.value);
  } else { // prints
    return f(caf::meta::type_name("list_position"), x.id);
  }
}

/// Where a reader of a list by this column is who has seen `row`.
template <declared T>
list_position position_of(const T& row, std::string_view column) {
  list_position out{row.id, {}};
  for_each_field<T>([&](auto& x, size_t) {
    if (x.column() == column)
      out.value = to_cell(row.*x.member);
  });
  return out;
}

} // namespace callboard
