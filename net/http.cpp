#include "net/http.hpp"

#include <algorithm>

namespace callboard::net {

std::string_view request::find(std::string_view name) const {
  auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  };
  for (auto& [key, value] : fields)
    if (key.size() == name.size()
        && std::equal(key.begin(), key.end(), name.begin(), same))
      return value;
  return {};
}

} // namespace callboard::net
