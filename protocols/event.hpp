// What subscribers hear of: rows with a gapless position (A6).
#pragma once

#include "protocols/task.hpp"

#include <string>
#include <vector>

namespace callboard {

struct event {
  int64_t position = 0; ///< given by the transaction, in commit order
  std::string type;
  std::string audience; ///< user id as text, `everyone` or `admins`
  std::string channel;  ///< `tasks`, `agents`, `calendar`, `projects`, `sync`
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

/// `task_status_update` (websocket.md section 5): the task has a new status.
event task_status_update(const task& row, timestamp at);

/// `calendar_event_created`: the task has a (new) next run; none without one.
std::optional<event> calendar_event_created(const task& row, timestamp at);

/// One line of the audit log (behaviour.md section 7).
struct audit_entry {
  int64_t id = 0;
  std::string user_id;   ///< acting user as text, or `system`
  std::string operation; ///< `CREATE`, `UPDATE`, `DELETE`
  std::string table_name;
  int64_t record_id = 0;
  std::optional<std::string> changed_fields; ///< JSON, with UPDATE only
  timestamp at;
  std::optional<std::string> ip_address;
  std::optional<std::string> user_agent;
  std::optional<std::string> request_id;
};

template <>
struct entity<audit_entry> {
  static constexpr std::string_view table = "audit_logs";
  static constexpr auto fields = std::tuple{
      field{"id", &audit_entry::id},
      field{"user_id", &audit_entry::user_id},
      field{"operation", &audit_entry::operation},
      field{"table_name", &audit_entry::table_name},
      field{"record_id", &audit_entry::record_id},
      field{"changed_fields", &audit_entry::changed_fields},
      field{"timestamp", &audit_entry::at},
      field{"ip_address", &audit_entry::ip_address},
      field{"user_agent", &audit_entry::user_agent},
      field{"request_id", &audit_entry::request_id},
  };
};

} // namespace callboard
