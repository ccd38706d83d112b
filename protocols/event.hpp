// What subscribers hear of: rows with a gapless position (A6).
#pragma once

#include "protocols/agent.hpp"
#include "protocols/task.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// The channel of what servers tell each other: no client gets it.
inline constexpr std::string_view control_channel = "control";

struct event {
  int64_t position = 0; ///< given by the transaction, in commit order
  std::string type;
  std::string audience; ///< user id as text, `everyone` or `admins`
  /// `tasks`, `agents`, `calendar`, `projects`, `sync`, `presence` or
  /// `control_channel`.
  std::string channel;
  std::optional<int64_t> task_id;
  std::optional<int64_t> project_id;
  std::optional<std::string> status;
  json_text data;    ///< snake_case, integer ids
  json_text payload; ///< camelCase, ids as text
  bool redacted = false;
  std::optional<std::string> owner_id;
  timestamp created_at;
};

template <>
struct entity<event> {
  static constexpr std::string_view table = "events";
  static constexpr auto fields = std::tuple{
      field{"position", &event::position},
      field{"type", &event::type},
      field{"audience", &event::audience},
      field{"channel", &event::channel},
      field{"task_id", &event::task_id},
      field{"project_id", &event::project_id},
      field{"status", &event::status},
      field{"data", &event::data},
      field{"payload", &event::payload},
      field{"redacted", &event::redacted},
      field{"owner_id", &event::owner_id},
      field{"created_at", &event::created_at},
  };
};

using events = std::vector<event>;

/// Rows behind a position.
struct event_query {
  int64_t after = 0;
  int64_t limit = 500;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, event_query& x) {
  return f(caf::meta::type_name("event_query"), x.after, x.limit);
}

/// In one snapshot: the rows by ascending position, how far the stream was
/// pruned, and its last position.
struct event_page {
  std::string epoch;
  int64_t pruned_to = 0;
  int64_t last = 0;
  events rows;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, event_page& x) {
  return f(caf::meta::type_name("event_page"), x.epoch, x.pruned_to, x.last,
           x.rows);
}

/// `task_status_update` (websocket.md section 5): the task has a new status;
/// with `run`, because this run of it ended.
event task_status_update(const task& row, timestamp at,
                         const execution* run = nullptr);

/// `calendar_event_created`: the task has a (new) next run; none without one.
std::optional<event> calendar_event_created(const task& row, timestamp at);

/// `agent_spawned`: a new agent.
event agent_spawned(const agent& row, timestamp at);

/// `agent_status_update`: an agent's status was set.
event agent_status_update(const agent& row, timestamp at);

/// `agent_error`: an agent has the status `error` now; `run` of `what` failed,
/// or (null) it was set. For everyone; `error` is for the owner of the task and
/// admins.
event agent_error(const agent& row, timestamp at,
                  const execution* run = nullptr, const task* what = nullptr);

/// `account_erased`, of the channel `control`: what others keep of the user's
/// rows in memory is void.
event account_erased(int64_t user_id, timestamp at);

/// `agent_activity_update`, and the same once more as `agent_activity`: `who`
/// reported `run` of `what`. For everyone; `output` and `error` are for the
/// owner of the task and admins.
events agent_activity(const agent& who, const execution& run, const task& what,
                      timestamp at);

/// `presence_joined` and `presence_left`: a user has a connection, or none any
/// more. For admins.
event presence_joined(int64_t user_id, const std::string& username,
                      timestamp at);
event presence_left(int64_t user_id, const std::string& username, timestamp at);

} // namespace callboard
