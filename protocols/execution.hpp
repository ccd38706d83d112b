// One run of a task, and what agents report about it (rest-api section 7).
#pragma once

#include "protocols/entity.hpp"
#include "protocols/page.hpp"

namespace callboard {

enum class execution_status : uint8_t {
  running,
  success,
  failed,
  timeout,
  cancelled
};
template <>
inline constexpr auto
    enum_names<execution_status> = std::to_array<std::string_view>(
        {"running", "success", "failed", "timeout", "cancelled"});

struct execution {
  int64_t id = 0;
  int64_t task_id = 0;
  std::optional<int64_t> agent_id; ///< who runs or ran it
  timestamp started_at;
  std::optional<timestamp> ended_at; ///< none: it runs
  execution_status status = execution_status::running;
  std::optional<int64_t> duration_ms;
  std::optional<std::string> output_text;
  std::optional<std::string> error_text;
  std::optional<json_text> result; ///< object, at most 64 KiB
  /// Ours to run, not before; none: reported by an agent of its own accord.
  std::optional<timestamp> run_after;

  bool open() const { return status == execution_status::running; }
  /// Asked for, and nobody took it yet.
  bool waiting() const { return open() && run_after && !agent_id; }
};

/// Texts and result are written once and may be large: they stand in the row,
/// not a second time in the audit log.
template <>
struct entity<execution> {
  static constexpr std::string_view table = "execution_results";
  static constexpr auto fields = std::tuple{
      field{"id", &execution::id},
      field{"task_id", &execution::task_id},
      field{"agent_id", &execution::agent_id},
      field{"started_at", &execution::started_at},
      field{"ended_at", &execution::ended_at},
      field{"status", &execution::status},
      field{"duration_ms", &execution::duration_ms},
      field{"output_text", &execution::output_text, {.audited = false}},
      field{"error_text", &execution::error_text, {.audited = false}},
      field{"result",
            &execution::result,
            {.column = "result_json", .audited = false}},
      field{"run_after", &execution::run_after, {.shown = false}},
  };
};

/// Body of `POST /agents/activity`.
struct activity {
  int64_t agent_id = 0;
  int64_t task_id = 0;
  execution_status status = execution_status::running;
  std::optional<std::string> output;
  std::optional<std::string> error;
  std::optional<int64_t> duration_ms;
  std::optional<json_text> result;
};

template <>
struct entity<activity> {
  static constexpr auto fields = std::tuple{
      field{"agent_id", &activity::agent_id, {.create = given::required}},
      field{"task_id", &activity::task_id, {.create = given::required}},
      field{"status", &activity::status, {.create = given::required}},
      field{"output", &activity::output, {.create = given::optional}},
      field{"error", &activity::error, {.create = given::optional}},
      field{"duration_ms",
            &activity::duration_ms,
            {.create = given::optional, .min = 0, .max = 2'147'483'647}},
      field{"result",
            &activity::result,
            {.create = given::optional, .max = 65'536}},
  };
};

/// Which runs of a task to show, newest first.
struct history_query {
  int64_t task_id = 0;
  time_range started;
  int64_t limit = 20;
  int64_t offset = 0;
  list_position after; ///< instead of an offset
};

inline list_order order_of(const history_query&) { return {"started_at"}; }

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, history_query& x) {
  return f(caf::meta::type_name("history_query"), x.task_id, x.started, x.limit,
           x.offset, x.after);
}

} // namespace callboard
