// The hash of texts for a map that is asked with a view: no copy is made.
#pragma once

#include <functional>
#include <string_view>

namespace callboard {

struct text_hash {
  using is_transparent = void;
  size_t operator()(std::string_view x) const {
    return std::hash<std::string_view>{}(x);
  }
};

} // namespace callboard
