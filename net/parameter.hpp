// What a route takes in its query string, declared once: the handler reads by
// these declarations, the API document shows them.
#pragma once

#include "protocols/scalar.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace callboard::net {

inline constexpr int64_t far = 2'147'483'647; ///< beyond every offset and id
inline constexpr int64_t max_cursor = 4096;   ///< [characters]

enum class parameter_kind : uint8_t {
  integer,
  text,
  boolean,
  instant, ///< RFC 3339, or a bare date
  choice,  ///< one of `choices`
  id,      ///< an integer as the dashboard's texts; empty: none
};

struct parameter {
  /// No default: absent means "any", or what `about` says.
  static constexpr int64_t none = std::numeric_limits<int64_t>::min();

  std::string_view name;
  parameter_kind kind = parameter_kind::text;
  std::string_view about; ///< a phrase
  int64_t min = 0;        ///< of an integer
  int64_t max = far;      ///< of an integer, or of a text's length [characters]
  int64_t fallback = none; ///< of an integer; 0 and 1; an index of `choices`
  std::span<const std::string_view> choices = {};
};

using parameter_list = std::span<const parameter>;

constexpr parameter integer_in(std::string_view name, std::string_view about,
                               int64_t min, int64_t max,
                               int64_t fallback = parameter::none) {
  return {name, parameter_kind::integer, about, min, max, fallback};
}

constexpr parameter id_in(std::string_view name, std::string_view about) {
  return integer_in(name, about, 1, far);
}

constexpr parameter text_in(std::string_view name, std::string_view about,
                            int64_t max) {
  return {name, parameter_kind::text, about, 0, max};
}

constexpr parameter flag_in(std::string_view name, std::string_view about,
                            bool fallback) {
  return {name, parameter_kind::boolean, about, 0, 1, fallback ? 1 : 0};
}

constexpr parameter instant_in(std::string_view name, std::string_view about) {
  return {name, parameter_kind::instant, about};
}

constexpr parameter dashboard_id_in(std::string_view name,
                                    std::string_view about) {
  return {name, parameter_kind::id, about, 1, far};
}

template <named_enum E>
constexpr parameter choice_in(std::string_view name, std::string_view about,
                              std::optional<E> fallback = std::nullopt) {
  return {name,
          parameter_kind::choice,
          about,
          0,
          far,
          fallback ? static_cast<int64_t>(*fallback) : parameter::none,
          enum_names<E>};
}

// -- what lists have in common ------------------------------------------------

/// `limit`, `offset` and its other name.
constexpr std::array<parameter, 3> slice(int64_t fallback, int64_t most) {
  return {integer_in("limit", "rows of the answer", 1, most, fallback),
          integer_in("offset", "rows to leave out", 0, far, 0),
          integer_in("skip", "another name of offset", 0, far, 0)};
}

/// A slice, or from a cursor on.
constexpr std::array<parameter, 4> paging(int64_t fallback, int64_t most) {
  auto [limit, offset, skip] = slice(fallback, most);
  return {limit, offset, skip,
          text_in("cursor", "next_cursor of the page before, instead of offset",
                  max_cursor)};
}

/// `from` and `until`.
inline constexpr std::array<parameter, 2> range_parameters{
    instant_in("from", "from then on"), instant_in("until", "before then")};

} // namespace callboard::net
