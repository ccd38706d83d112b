#include "net/bearer.hpp"

#include <algorithm>

namespace callboard::net {

std::optional<std::string_view> bearer_token(const request& in) {
  auto value = in.find("authorization");
  constexpr std::string_view scheme = "bearer ";
  if (value.size() <= scheme.size()
      || !std::equal(scheme.begin(), scheme.end(), value.begin(),
                     [](char a, char b) { return a == (b | 0x20); }))
    return std::nullopt;
  value.remove_prefix(scheme.size());
  auto first = value.find_first_not_of(' ');
  if (first == value.npos)
    return std::nullopt;
  return value.substr(first);
}

} // namespace callboard::net
