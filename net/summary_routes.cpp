// Counts over all that a user has.
#include "net/answer_schemas.hpp"
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/paging.hpp"
#include "net/routes.hpp"

#include <cmath>
#include <numeric>

namespace callboard::net {

namespace {

template <named_enum E>
int64_t count_of(const std::vector<int64_t>& counts, E status) {
  return counts.at(static_cast<size_t>(status));
}

/// Puts `total` and `by_status`.
template <named_enum E>
json_object& put_counts(json_object& out, const std::vector<int64_t>& counts) {
  json_object each;
  for (size_t i = 0; i < counts.size(); ++i)
    each.put(enum_names<E>[i], counts[i]);
  return out
      .put("total", std::accumulate(counts.begin(), counts.end(), int64_t{0}))
      .put_raw("by_status", each.done());
}

template <named_enum E>
std::string counts_json(const std::vector<int64_t>& counts) {
  json_object out;
  return put_counts<E>(out, counts).done();
}

/// Of the finished runs those that succeeded, to four decimals; 0 of none.
double success_rate(const std::vector<int64_t>& runs) {
  auto all = std::accumulate(runs.begin(), runs.end(), int64_t{0});
  auto finished = all - count_of(runs, execution_status::running);
  if (finished == 0)
    return 0;
  auto good = count_of(runs, execution_status::success);
  return std::round(static_cast<double>(good) / static_cast<double>(finished)
                    * 1e4)
         / 1e4;
}

std::string runs_json(const std::vector<int64_t>& counts) {
  json_object out;
  return put_counts<execution_status>(out, counts)
      .put_number("success_rate", success_rate(counts))
      .done();
}

std::string next_run_json(const task& row) {
  return json_object{}
      .put("task_id", row.id)
      .put("title", row.title.value_or(row.skill_name))
      .put("next_run_at", row.next_run_at)
      .done();
}

constexpr parameter whose[] = {
    id_in("user_id", "of this user; another than the caller: admins alone"),
    flag_in("all", "of all users; counts for admins alone", false),
};

void show_summary(const exchange_ptr& x) {
  auto& query = x->query();
  auto all = query.boolean("all") && x->caller().is_admin();
  auto owner = query.integer("user_id", x->caller().user_id);
  if (!x->query_is_good())
    return;
  x->ask<summary>(
      x->server().tasks(),
      [x](const summary& found) {
        auto projects = json_object{}.put("total", found.projects).done();
        x->send(200,
                json_object{}
                    .put_raw("tasks", counts_json<task_status>(found.tasks))
                    .put_raw("projects", projects)
                    .put_raw("agents", counts_json<agent_status>(found.agents))
                    .put_raw("executions", runs_json(found.executions))
                    .put_raw("next_runs",
                             json_array(found.next_runs, next_run_json))
                    .done());
      },
      atom::list_v, x->caller(), summary_query{all ? 0 : owner});
}

constexpr schema summary_schema{
    "Summary", [](schema_book&) {
      auto run = object_schema{}
                     .put("task_id", an_integer)
                     .put("title", a_text)
                     .put("next_run_at",
                          schema_maker<std::optional<timestamp>>::make(nullptr)
                              .text())
                     .done();
      return object_schema{}
          .put("tasks", counts_schema<task_status>().done())
          .put("projects", object_schema{}.put("total", a_count).done())
          .put("agents", counts_schema<agent_status>().done())
          .put("executions", counts_schema<execution_status>()
                                 .put("success_rate", a_number)
                                 .done())
          .put("next_runs", array_of(run))
          .done();
    }};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/v1/summary",
     .handle = show_summary,
     .id = "getSummary",
     .about = "Counts all that a user has, and shows the next ten runs",
     .query = {whose},
     .gives = {{200, &summary_schema}},
     .fails = {errc::forbidden}},
};

} // namespace

std::span<const route> summary_routes() { return table; }

} // namespace callboard::net
