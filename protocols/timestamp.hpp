// Points in time as the contract knows them: UTC, milliseconds.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// UTC, [ms] since 1970-01-01. Values are cut, never rounded.
struct timestamp {
  int64_t ms = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads <=>
  auto operator<=>(const timestamp&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, timestamp& x) {
  return f(x.ms);
}

/// The wall clock, cut to milliseconds.
timestamp now();

/// `2025-11-09T09:00:00.000Z`, RFC 3339; years 0 to 9999.
std::string to_string(timestamp t);

/// Reads RFC 3339 with `Z`, `+hh:mm` or nothing (UTC), `T` or a space, up to
/// nine fraction digits (cut to three). Also a bare date. Nothing on anything
/// else, on a date that does not exist, or on a year outside 1-9999.
std::optional<timestamp> parse_timestamp(std::string_view text);

constexpr timestamp operator+(timestamp t, std::chrono::milliseconds d) {
  return {t.ms + d.count()};
}

constexpr std::chrono::milliseconds operator-(timestamp a, timestamp b) {
  return std::chrono::milliseconds{a.ms - b.ms};
}

} // namespace callboard
