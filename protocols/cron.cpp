#include "protocols/cron.hpp"

#include "protocols/error.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <span>
#include <string>
#include <vector>

namespace callboard {

namespace {

using namespace std::chrono;

constexpr int years_ahead = 50;

struct field_rule {
  const char* name;
  int min;
  int max;
  std::span<const std::string_view> names; ///< of min, min + 1, ...
};

constexpr std::array<std::string_view, 12> month_names{
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN",
    "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> weekday_names{
    "SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

constexpr field_rule minute_rule{"minute", 0, 59, {}};
constexpr field_rule hour_rule{"hour", 0, 23, {}};
constexpr field_rule day_rule{"day of month", 1, 31, {}};
constexpr field_rule month_rule{"month", 1, 12, month_names};
constexpr field_rule weekday_rule{"day of week", 0, 7, weekday_names};

caf::error refuse(std::string text) {
  return caf::make_error(errc::rejected, std::move(text));
}

caf::error refuse(const field_rule& rule, std::string_view item,
                  std::string_view why) {
  return refuse(std::string{rule.name} + ": '" + std::string{item.substr(0, 32)}
                + "' " + std::string{why});
}

bool same(std::string_view text, std::string_view upper) {
  if (text.size() != upper.size())
    return false;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i] >= 'a' && text[i] <= 'z' ? static_cast<char>(text[i] - 32)
                                              : text[i];
    if (c != upper[i])
      return false;
  }
  return true;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  auto [end, ec]
      = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text[0] == '-' || ec != std::errc{}
      || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// A number in bounds or a name.
caf::expected<int> value_of(const field_rule& rule, std::string_view text) {
  for (size_t i = 0; i < rule.names.size(); ++i)
    if (same(text, rule.names[i]))
      return rule.min + static_cast<int>(i);
  auto n = number(text);
  if (!n)
    return refuse(rule, text, "is not a value");
  if (*n < rule.min || *n > rule.max)
    return refuse(rule, text,
                  "is not in " + std::to_string(rule.min) + "-"
                      + std::to_string(rule.max));
  return *n;
}

struct range {
  int first;
  int last;
};

caf::expected<range> range_of(const field_rule& rule, std::string_view text) {
  if (text == "*")
    return range{rule.min, rule.max};
  auto dash = text.find('-');
  auto first = value_of(rule, text.substr(0, dash));
  if (!first)
    return first.error();
  if (dash == text.npos)
    return range{*first, *first};
  auto last = value_of(rule, text.substr(dash + 1));
  if (!last)
    return last.error();
  if (same(text.substr(dash + 1), "SUN") && rule.max == 7)
    last = 7; // it ends a week as well
  if (*last < *first)
    return refuse(rule, text, "runs backwards");
  return range{*first, *last};
}

/// One item of a list: `*`, `a`, `a-b`, each with an optional `/step`.
template <size_t N>
caf::error add_item(const field_rule& rule, std::string_view item,
                    std::bitset<N>& out) {
  auto slash = item.find('/');
  auto found = range_of(rule, item.substr(0, slash));
  if (!found)
    return found.error();
  int step = 1;
  if (slash != item.npos) {
    auto n = number(item.substr(slash + 1));
    if (!n || *n < 1 || *n > rule.max)
      return refuse(rule, item, "has no valid step");
    step = *n;
    if (item.substr(0, slash).find_first_of("*-") == item.npos)
      found->last = rule.max; // `5/15` is `5-max/15`
  }
  for (int i = found->first; i <= found->last; i += step)
    out.set(static_cast<size_t>(i) % N);
  return caf::none;
}

template <class F>
caf::error for_each_item(std::string_view list, F f) {
  while (true) {
    auto comma = list.find(',');
    if (auto err = f(list.substr(0, comma)))
      return err;
    if (comma == list.npos)
      return caf::none;
    list.remove_prefix(comma + 1);
  }
}

template <size_t N>
caf::error add_field(const field_rule& rule, std::string_view list,
                     std::bitset<N>& out) {
  return for_each_item(
      list, [&](std::string_view item) { return add_item(rule, item, out); });
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    auto first = text.find_first_not_of(" \t");
    if (first == text.npos || out.size() > 7)
      return out;
    text.remove_prefix(first);
    auto end = text.find_first_of(" \t");
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), out.back().size()));
  }
}

std::string_view macro(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> table{
      {{"@ANNUALLY", "0 0 1 1 *"},
       {"@YEARLY", "0 0 1 1 *"},
       {"@MONTHLY", "0 0 1 * *"},
       {"@WEEKLY", "0 0 * * 0"},
       {"@DAILY", "0 0 * * *"},
       {"@MIDNIGHT", "0 0 * * *"},
       {"@HOURLY", "0 * * * *"}}};
  for (auto& [name, meaning] : table)
    if (same(text, name))
      return meaning;
  return text;
}

/// The first set bit at or after `from`, or N.
template <size_t N>
size_t next_bit(const std::bitset<N>& bits, size_t from) {
  while (from < N && !bits[from])
    ++from;
  return from;
}

unsigned days_in(int y, unsigned m) {
  return static_cast<unsigned>(
      year_month_day_last{year{y}, month_day_last{month{m}}}.day());
}

} // namespace

caf::expected<cron> cron::parse(std::string_view text) {
  auto fields = words(macro(text));
  if (fields.size() != 5)
    return refuse("a schedule has five fields: minute, hour, day of month, "
                  "month, day of week");
  cron out;
  if (auto err = add_field(minute_rule, fields[0], out.minutes_))
    return err;
  if (auto err = add_field(hour_rule, fields[1], out.hours_))
    return err;
  auto add_day = [&](std::string_view item) -> caf::error {
    if (!same(item, "L"))
      return add_item(day_rule, item, out.days_);
    out.last_day_ = true;
    return caf::none;
  };
  if (auto err = for_each_item(fields[2], add_day))
    return err;
  if (auto err = add_field(month_rule, fields[3], out.months_))
    return err;
  if (auto err = add_field(weekday_rule, fields[4], out.weekdays_))
    return err;
  out.any_day_ = fields[2] == "*";
  out.any_weekday_ = fields[4] == "*";
  return out;
}

bool cron::matches_day(int y, unsigned m, unsigned d) const {
  auto by_date = days_[d] || (last_day_ && d == days_in(y, m));
  weekday w{sys_days{year{y} / month{m} / day{d}}};
  auto by_weekday = weekdays_[w.c_encoding()];
  if (any_day_)
    return by_weekday; // all, if the weekday is `*` as well
  if (any_weekday_)
    return by_date;
  return by_date || by_weekday;
}

std::optional<timestamp> cron::next(timestamp after) const {
  auto start = floor<minutes>(sys_time<milliseconds>{milliseconds{after.ms}})
               + minutes{1};
  auto today = floor<days>(start);
  year_month_day date{today};
  hh_mm_ss time{start - today};
  auto hour = static_cast<size_t>(time.hours().count());
  auto minute = static_cast<size_t>(time.minutes().count());
  auto last_year = std::min(static_cast<int>(date.year()) + years_ahead, 9999);
  auto first_day = static_cast<unsigned>(date.day());
  auto first_month = static_cast<unsigned>(date.month());
  for (int y = static_cast<int>(date.year()); y <= last_year; ++y) {
    for (auto m = next_bit(months_, first_month); m <= 12;
         m = next_bit(months_, m + 1)) {
      auto month_number = static_cast<unsigned>(m);
      auto from = m == first_month ? first_day : 1;
      for (auto d = from; d <= days_in(y, month_number); ++d) {
        bool first = d == first_day && m == first_month
                     && y == static_cast<int>(date.year());
        if (!matches_day(y, month_number, d))
          continue;
        auto h = next_bit(hours_, first ? hour : 0);
        auto n = next_bit(minutes_, first && h == hour ? minute : 0);
        if (h < 24 && n == 60) { // this hour is over
          h = next_bit(hours_, h + 1);
          n = next_bit(minutes_, 0);
        }
        if (h >= 24)
          continue;
        sys_time<milliseconds> found
            = sys_days{year{y} / month{month_number} / std::chrono::day{d}}
              + hours{h} + minutes{n};
        return timestamp{found.time_since_epoch().count()};
      }
    }
    first_month = 1;
    first_day = 1;
  }
  return std::nullopt;
}

} // namespace callboard
