// The grammar of schedules (behaviour.md section 8): five fields or a macro,
// evaluated in UTC.
#pragma once

#include "protocols/timestamp.hpp"

#include <caf/expected.hpp>

#include <bitset>
#include <optional>
#include <string_view>

namespace callboard {

/// minute hour day-of-month month day-of-week. Lists, ranges, steps, names
/// (JAN-DEC, SUN-SAT, in any case), 0 and 7 for Sunday, `L` for the last day of
/// the month, `@annually @yearly @monthly @weekly @daily @midnight @hourly`.
/// Day-of-month and day-of-week both restricted: either matches (union); a day
/// field is unrestricted when it is `*`.
class cron {
public:
  /// `rejected`, with a sentence that names the field.
  static caf::expected<cron> parse(std::string_view text);

  /// The first matching minute strictly after `after`; nothing if there is none
  /// within 50 years.
  std::optional<timestamp> next(timestamp after) const;

private:
  bool matches_day(int year, unsigned month, unsigned day) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;   ///< 1-31
  std::bitset<13> months_; ///< 1-12
  std::bitset<7> weekdays_;
  bool last_day_ = false;
  bool any_day_ = false;     ///< day-of-month is `*`
  bool any_weekday_ = false; ///< day-of-week is `*`
};

} // namespace callboard
