#include "net/http.hpp"

#include <algorithm>

namespace callboard::net {

namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool same_name(std::string_view name, std::string_view lower_case) {
  return name.size() == lower_case.size()
         && std::equal(name.begin(), name.end(), lower_case.begin(),
                       [](char a, char b) { return lower(a) == b; });
}

} // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view request::find(std::string_view name) const {
  for (auto& [key, value] : fields)
    if (same_name(key, name))
      return value;
  return {};
}

size_t request::count(std::string_view name) const {
  auto n = std::count_if(fields.begin(), fields.end(),
                         [&](auto& x) { return same_name(x.first, name); });
  return static_cast<size_t>(n);
}

std::optional<std::string> request::list(std::string_view name) const {
  std::optional<std::string> out;
  for (auto& [key, value] : fields) {
    if (!same_name(key, name))
      continue;
    if (out)
      *out += ", ";
    else
      out.emplace();
    *out += value;
  }
  return out;
}

} // namespace callboard::net
