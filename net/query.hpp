// The query string of a request, with the contract's violations.
#pragma once

#include "protocols/json.hpp"
#include "protocols/scalar.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard::net {

/// `%41` and, with `plus`, `+`; nothing on a malformed escape, NUL or invalid
/// UTF-8.
std::optional<std::string> percent_decoded(std::string_view text, bool plus);

/// Named values, decoded; of several with one name the last counts. Problems
/// are collected, so that all are reported at once.
class query_string {
public:
  explicit query_string(std::string_view raw);

  bool has(std::string_view name) const { return find(name) != nullptr; }

  /// Absent: the fallback. Bounds are inclusive.
  int64_t integer(std::string_view name, int64_t fallback, int64_t min,
                  int64_t max);
  std::string text(std::string_view name, size_t max);
  bool boolean(std::string_view name, bool fallback);
  /// RFC 3339, or a bare date.
  timestamp instant(std::string_view name, timestamp fallback);

  template <named_enum E>
  std::optional<E> choice(std::string_view name) {
    auto* raw = find(name);
    if (raw == nullptr)
      return std::nullopt;
    if (auto x = enum_from<E>(*raw))
      return x;
    refuse_choice(name, *raw, choices<E>());
    return std::nullopt;
  }

  /// Adds a problem of the parameter's meaning.
  void refuse(std::string_view name, std::string_view why);

  const violations& problems() const { return problems_; }

private:
  const std::string* find(std::string_view name) const;
  void refuse(std::string_view name, std::string type, std::string msg,
              std::string_view input, std::string ctx = {});
  void refuse_choice(std::string_view name, std::string_view input,
                     const std::string& expected);

  std::vector<std::pair<std::string, std::string>> items_;
  violations problems_;
};

} // namespace callboard::net
