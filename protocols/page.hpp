// A part of a list.
#pragma once

#include <caf/meta/type_name.hpp>

#include <cstdint>
#include <vector>

namespace callboard {

/// One page of rows and the size of the whole filtered set.
template <class T>
struct page {
  std::vector<T> rows;
  int64_t total = 0;
};

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, page<T>& x) {
  return f(caf::meta::type_name("page"), x.rows, x.total);
}

} // namespace callboard
