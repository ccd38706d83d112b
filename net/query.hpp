// The query string of a request, with the contract's violations.
#pragma once

#include "net/parameter.hpp"
#include "protocols/json.hpp"

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
/// are collected, so that all are reported at once. What is asked for must be
/// declared, as what it is read as: else a `std::logic_error`, for the API
/// document would lie.
class query_string {
public:
  /// `declared`: lists that outlive this.
  query_string(std::string_view raw, std::span<const parameter_list> declared);

  bool has(std::string_view name) const { return find(name) != nullptr; }

  /// Within the declared bounds, inclusive; absent: the declared default.
  int64_t integer(std::string_view name);
  int64_t integer(std::string_view name, int64_t fallback);
  std::string text(std::string_view name);
  bool boolean(std::string_view name);
  timestamp instant(std::string_view name, timestamp fallback);
  /// Absent or empty: 0.
  int64_t dashboard_id(std::string_view name);

  /// Absent or refused: the declared default, or nothing.
  template <named_enum E>
  std::optional<E> choice(std::string_view name) {
    auto index = choice_index(name, enum_names<E>, choices<E>);
    if (!index)
      return std::nullopt;
    return static_cast<E>(*index);
  }

  /// Adds a problem of the parameter's meaning.
  void refuse(std::string_view name, std::string_view why);

  const violations& problems() const { return problems_; }

  /// The declared ones that nobody asked for, each with a space before it: they
  /// would be shown and do nothing.
  std::string ignored() const;

private:
  const parameter& declared(std::string_view name, parameter_kind kind);
  const std::string* find(std::string_view name) const;
  int64_t number(const parameter& what, const std::string& raw,
                 int64_t fallback);
  std::optional<size_t> choice_index(std::string_view name,
                                     std::span<const std::string_view> names,
                                     std::string (*expected)());
  void refuse(std::string_view name, std::string type, std::string msg,
              std::string_view input, std::string ctx = {});

  std::vector<std::pair<std::string, std::string>> items_;
  std::span<const parameter_list> declared_;
  std::vector<const parameter*> asked_;
  violations problems_;
};

} // namespace callboard::net
