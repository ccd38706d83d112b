#include "protocols/timestamp.hpp"

namespace callboard {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

/// Reads exactly `n` digits off the front.
std::optional<int> digits(std::string_view& text, size_t n) {
  if (text.size() < n)
    return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < n; ++i) {
    if (text[i] < '0' || text[i] > '9')
      return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(n);
  return value;
}

bool skip(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos)
    return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int64_t> date_ms(std::string_view& text) {
  auto year = digits(text, 4);
  if (!year || *year < 1 || !skip(text, "-"))
    return std::nullopt;
  auto month = digits(text, 2);
  if (!month || !skip(text, "-"))
    return std::nullopt;
  auto day = digits(text, 2);
  if (!day)
    return std::nullopt;
  year_month_day date{std::chrono::year{*year},
                      std::chrono::month{static_cast<unsigned>(*month)},
                      std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok())
    return std::nullopt;
  return sys_days{date}.time_since_epoch().count() * int64_t{86'400'000};
}

/// `.123456789`, cut to milliseconds; absent is 0.
std::optional<int64_t> fraction_ms(std::string_view& text) {
  if (!skip(text, "."))
    return 0;
  int64_t ms = 0;
  size_t n = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; ++n) {
    if (n < 3)
      ms = ms * 10 + (text[0] - '0');
    text.remove_prefix(1);
  }
  if (n == 0 || n > 9)
    return std::nullopt;
  for (; n < 3; ++n)
    ms *= 10;
  return ms;
}

std::optional<int64_t> time_ms(std::string_view& text) {
  auto hour = digits(text, 2);
  if (!hour || *hour > 23 || !skip(text, ":"))
    return std::nullopt;
  auto minute = digits(text, 2);
  if (!minute || *minute > 59)
    return std::nullopt;
  int second = 0;
  if (skip(text, ":")) {
    auto value = digits(text, 2);
    if (!value || *value > 59)
      return std::nullopt;
    second = *value;
  }
  auto fraction = fraction_ms(text);
  if (!fraction)
    return std::nullopt;
  return ((*hour * 60 + *minute) * 60 + second) * int64_t{1000} + *fraction;
}

/// The offset to subtract; absent and `Z` are 0.
std::optional<int64_t> zone_ms(std::string_view& text) {
  if (text.empty() || skip(text, "Zz"))
    return 0;
  int sign = text.front() == '-' ? -1 : 1;
  if (!skip(text, "+-"))
    return std::nullopt;
  auto hour = digits(text, 2);
  if (!hour || *hour > 23)
    return std::nullopt;
  int minute = 0;
  if (!text.empty()) { // PostgreSQL writes "+00"
    skip(text, ":");
    auto value = digits(text, 2);
    if (!value || *value > 59)
      return std::nullopt;
    minute = *value;
  }
  return sign * (int64_t{*hour} * 60 + minute) * 60'000;
}

/// Writes the last `n` digits of a number that is not negative.
template <class T>
void put(std::string& out, size_t at, size_t n, T value) {
  for (; n > 0; value /= 10)
    out[at + --n] = static_cast<char>('0' + value % 10);
}

constexpr int64_t year_1 = -62'135'596'800'000;    ///< its first instant
constexpr int64_t year_9999 = 253'402'300'799'999; ///< its last one

} // namespace

timestamp now() {
  using namespace std::chrono;
  return {floor<milliseconds>(system_clock::now()).time_since_epoch().count()};
}

std::string to_string(timestamp t) {
  using namespace std::chrono;
  sys_time<milliseconds> point{milliseconds{t.ms}};
  auto day = floor<days>(point);
  year_month_day date{day};
  hh_mm_ss time{point - day};
  std::string out = "0000-00-00T00:00:00.000Z";
  put(out, 0, 4, static_cast<int>(date.year()));
  put(out, 5, 2, static_cast<unsigned>(date.month()));
  put(out, 8, 2, static_cast<unsigned>(date.day()));
  put(out, 11, 2, time.hours().count());
  put(out, 14, 2, time.minutes().count());
  put(out, 17, 2, time.seconds().count());
  put(out, 20, 3, time.subseconds().count());
  return out;
}

std::optional<timestamp> parse_timestamp(std::string_view text) {
  auto date = date_ms(text);
  if (!date)
    return std::nullopt;
  if (text.empty())
    return timestamp{*date};
  if (!skip(text, "Tt "))
    return std::nullopt;
  auto time = time_ms(text);
  if (!time)
    return std::nullopt;
  auto zone = zone_ms(text);
  if (!zone || !text.empty())
    return std::nullopt;
  timestamp out{*date + *time - *zone};
  if (out.ms < year_1 || out.ms > year_9999) // the zone moved it out of bounds
    return std::nullopt;
  return out;
}

} // namespace callboard
