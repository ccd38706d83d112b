#include "protocols/task.hpp"

#include "protocols/cron.hpp"
#include "protocols/error.hpp"

#include <caf/all.hpp>

#include <algorithm>

namespace callboard {

namespace {

bool is_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

} // namespace

std::optional<std::string> check_skill_name(std::string_view text) {
  if (is_word(text))
    return std::nullopt;
  return "skill_name may contain letters, digits, '_' and '-' only";
}

std::optional<std::string> check_cron(std::string_view text) {
  if (auto parsed = cron::parse(text); !parsed)
    return "Invalid cron expression: " + detail(parsed.error());
  return std::nullopt;
}

list_order order_of(const task_query& x) {
  return {name_of(x.sort_by), x.descending,
          x.sort_by == task_order::next_run_at};
}

void entity<task>::check(const patch<task>& changes, given rules::*when,
                         violations& problems) {
  auto refuse = [&](std::string_view name, std::string type, std::string msg) {
    problems.push_back(
        {std::move(type), location("body", name), std::move(msg)});
  };
  auto any_about = [&](std::string_view name) {
    return std::any_of(problems.begin(), problems.end(), [&](auto& x) {
      return x.loc == location("body", name);
    });
  };
  if (when == &rules::update) {
    if (changes.has(&task::schedule_cron) && !changes.values.schedule_cron
        && !any_about("schedule_cron"))
      refuse("schedule_cron", "string_type", "Input should be a valid string");
    return;
  }
  if (!changes.values.schedule_cron && !changes.values.next_run_at
      && !any_about("schedule_cron") && !any_about("next_run_at"))
    refuse("schedule_cron", "missing", "Field required");
  if (changes.values.status == task_status::deleted)
    refuse("status", "value_error",
           "Value error, a task cannot be created deleted");
}

void entity<task_status_change>::check(const patch<task_status_change>& changes,
                                       given rules::*, violations& problems) {
  if (changes.values.status == task_status::deleted)
    problems.push_back({"value_error", location("body", "status"),
                        "Value error, tasks are deleted by DELETE alone",
                        "\"deleted\"",
                        R"({"error":"tasks are deleted by DELETE alone"})"});
}

} // namespace callboard
