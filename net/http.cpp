#include "net/http.hpp"

#include <algorithm>

namespace callboard::net {

namespace {

bool is_named(std::string_view key, std::string_view lower_case) {
  auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  };
  return key.size() == lower_case.size()
         && std::equal(key.begin(), key.end(), lower_case.begin(), same);
}

} // namespace

std::string_view request::find(std::string_view name) const {
  for (auto& [key, value] : fields)
    if (is_named(key, name))
      return value;
  return {};
}

std::string request::list(std::string_view name) const {
  std::string out;
  for (auto& [key, value] : fields)
    if (is_named(key, name)) {
      if (!out.empty())
        out += ',';
      out += value;
    }
  return out;
}

} // namespace callboard::net
