// The audit log: who changed what, when and from where (behaviour.md
// section 7).
#pragma once

#include "protocols/entity.hpp"
#include "protocols/page.hpp"

namespace callboard {

enum class audit_operation : uint8_t { created, updated, deleted };
template <>
inline constexpr auto
    enum_names<audit_operation> = std::to_array<std::string_view>({"CREATE",
                                                                   "UPDATE",
                                                                   "DELETE"});

/// One line. A soft delete is an UPDATE, as the reference has it.
struct audit_entry {
  int64_t id = 0;
  std::optional<std::string> user_id; ///< acting user as text, or `system`
  audit_operation operation = audit_operation::created;
  std::string table_name;
  int64_t record_id = 0;
  /// `{"field":{"new":...,"old":...}}`, with UPDATE only.
  std::optional<json_text> changed_fields;
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

/// What a list asks for, newest first; empty texts and 0 mean "any".
struct audit_query {
  std::string table_name;
  int64_t record_id = 0;
  std::string user_id;
  time_range written;
  int64_t limit = 100;
  int64_t offset = 0;
  list_position after; ///< instead of an offset
};

inline list_order order_of(const audit_query&) { return {"timestamp"}; }

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, audit_query& x) {
  return f(caf::meta::type_name("audit_query"), x.table_name, x.record_id,
           x.user_id, x.written, x.limit, x.offset, x.after);
}

} // namespace callboard
