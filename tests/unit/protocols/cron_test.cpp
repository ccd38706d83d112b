#define CAF_SUITE cron
#include "protocols/cron.hpp"
#include "protocols/error.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <random>

using namespace callboard;

namespace {

std::string after(const char* text, const char* from) {
  auto x = cron::parse(text);
  if (!x)
    return detail(x.error());
  auto found = x->next(*parse_timestamp(from));
  return found ? to_string(*found) : "never";
}

/// What `next` must agree with: every minute, one by one.
std::optional<timestamp> naive(const cron& x, timestamp from,
                               std::chrono::minutes limit) {
  auto start = from.ms / 60'000 * 60'000 + 60'000;
  for (int64_t t = start; t < start + limit.count() * 60'000; t += 60'000)
    if (x.next({t - 1}) == timestamp{t})
      return timestamp{t};
  return std::nullopt;
}

} // namespace

CAF_TEST(the next instant is strictly after and as the table says) {
  const std::tuple<const char*, const char*, const char*> table[] = {
      {"* * * * *", "2025-11-08T12:00:00Z", "2025-11-08T12:01:00.000Z"},
      {"* * * * *", "2025-11-08T12:00:59.999Z", "2025-11-08T12:01:00.000Z"},
      {"0 0 * * *", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00.000Z"},
      {"0 */2 * * *", "2025-11-08T12:00:00Z", "2025-11-08T14:00:00.000Z"},
      {"0 9-17 * * 1-5", "2025-11-07T17:00:00Z", "2025-11-10T09:00:00.000Z"},
      {"0 9 * * MON-fri", "2025-11-08T00:00:00Z", "2025-11-10T09:00:00.000Z"},
      {"5/15 * * * *", "2025-11-08T12:20:00Z", "2025-11-08T12:35:00.000Z"},
      {"0 0 29 2 *", "2025-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z"},
      {"0 0 29 FEB *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00.000Z"},
      {"0 0 L * *", "2024-02-10T00:00:00Z", "2024-02-29T00:00:00.000Z"},
      {"0 0 L * *", "2025-04-30T00:00:00Z", "2025-05-31T00:00:00.000Z"},
      {"0 0 31 * *", "2025-04-01T00:00:00Z", "2025-05-31T00:00:00.000Z"},
      {"0 12 * * 0", "2025-11-08T00:00:00Z", "2025-11-09T12:00:00.000Z"},
      {"0 12 * * 7", "2025-11-08T00:00:00Z", "2025-11-09T12:00:00.000Z"},
      {"0 12 * * 5-7", "2025-11-08T13:00:00Z", "2025-11-09T12:00:00.000Z"},
      {"0 12 * * sat-SUN", "2025-11-08T13:00:00Z", "2025-11-09T12:00:00.000Z"},
      // Both day fields restricted: either matches.
      {"0 0 13 * 5", "2025-11-08T00:00:00Z", "2025-11-13T00:00:00.000Z"},
      {"0 0 13 * 5", "2025-11-13T00:00:00Z", "2025-11-14T00:00:00.000Z"},
      {"0 0 13 * *", "2025-11-14T00:00:00Z", "2025-12-13T00:00:00.000Z"},
      {"59 23 31 12 *", "2025-12-31T23:59:00Z", "2026-12-31T23:59:00.000Z"},
      {"30,0 8,20 * * *", "2025-11-08T08:00:00Z", "2025-11-08T08:30:00.000Z"},
      {"50 8 * * *", "2025-11-08T08:55:00Z", "2025-11-09T08:50:00.000Z"},
      {"@midnight", "2025-11-08T12:00:00Z", "2025-11-09T00:00:00.000Z"},
      {"@annually", "2025-11-08T12:00:00Z", "2026-01-01T00:00:00.000Z"},
      {"@HOURLY", "2025-11-08T12:00:00Z", "2025-11-08T13:00:00.000Z"},
      {"@weekly", "2025-11-08T12:00:00Z", "2025-11-09T00:00:00.000Z"},
      {"0 0 30 2 *", "2025-11-08T12:00:00Z", "never"},
      {"0 0 31 4,6,9,11 *", "2025-11-08T12:00:00Z", "never"},
      {"0 0 1 1 *", "9999-06-01T00:00:00Z", "never"},
      {"  0  0\t* * * ", "2025-11-08T12:00:00Z", "2025-11-09T00:00:00.000Z"},
  };
  for (auto& [text, from, expected] : table)
    CAF_CHECK_EQUAL(after(text, from), expected);
}

CAF_TEST(what is no schedule is refused with the field) {
  const std::pair<std::string, const char*> table[] = {
      {"", "five fields"},
      {"invalid", "five fields"},
      {"* * * *", "five fields"},
      {"* * * * * *", "five fields"},
      {"0 0 0 1 1 * 2025", "five fields"},
      {std::string(100'000, '*'), "five fields"},
      {std::string(100'000, ' '), "five fields"},
      {"60 0 * * *", "minute: '60' is not in 0-59"},
      {"0 25 * * *", "hour: '25' is not in 0-23"},
      {"0 0 0 * *", "day of month: '0' is not in 1-31"},
      {"0 0 32 * *", "day of month"},
      {"0 0 1 13 *", "month"},
      {"0 0 1 0 *", "month"},
      {"0 0 * * 8", "day of week"},
      {"0 0 * * FUN", "day of week"},
      {"*/0 * * * *", "step"},
      {"*/60 * * * *", "step"},
      {"*/ * * * *", "step"},
      {"*/-1 * * * *", "step"},
      {"5-1 * * * *", "backwards"},
      {"1,,2 * * * *", "minute"},
      {", * * * *", "minute"},
      {"- * * * *", "minute"},
      {"1- * * * *", "minute"},
      {"-1 * * * *", "minute"},
      {"+1 * * * *", "minute"},
      {"1.5 * * * *", "minute"},
      {"99999999999999999999 * * * *", "minute"},
      {"\xc3\xa9 * * * *", "minute"},
      {std::string("\0 * * * *", 9), "minute"},
      {"? * * * *", "minute"},
      {"L * * * *", "minute"},
      {"0 0 LW * *", "day of month"},
      {"0 0 * * 5#2", "day of week"},
      {"@reboot", "five fields"},
  };
  for (auto& [text, why] : table) {
    auto x = cron::parse(text);
    CAF_REQUIRE(!x);
    CAF_CHECK(classify(x.error()) == errc::rejected);
    if (detail(x.error()).find(why) == std::string::npos)
      CAF_ERROR(text.substr(0, 40) << ": " << detail(x.error()));
  }
}

CAF_TEST(next agrees with itself stepped minute by minute) {
  std::mt19937 random{42};
  auto pick = [&](int n) { return static_cast<int>(random() % n); };
  auto field = [&](int min, int max) -> std::string {
    auto a = min + pick(max - min + 1);
    switch (pick(4)) {
    case 0:
      return "*";
    case 1:
      return std::to_string(a);
    case 2:
      return "*/" + std::to_string(1 + pick(max));
    default:
      return std::to_string(a) + '-' + std::to_string(max);
    }
  };
  for (int i = 0; i < 200; ++i) {
    auto text = field(0, 59) + ' ' + field(0, 23) + ' ' + field(1, 31) + ' '
                + field(1, 12) + ' ' + field(0, 7);
    auto x = cron::parse(text);
    CAF_REQUIRE(x);
    timestamp from{1'700'000'000'000 + int64_t{pick(1'000'000)} * 60'000};
    auto found = x->next(from);
    if (!found)
      continue;
    CAF_CHECK(*found > from);
    if (*found - from < std::chrono::hours{24 * 3})
      CAF_CHECK(naive(*x, from, std::chrono::minutes{3 * 1440}) == found);
  }
}
