// A part of a list.
#pragma once

#include "protocols/entity.hpp"

#include <caf/meta/type_name.hpp>

#include <cstdint>
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

} // namespace callboard
