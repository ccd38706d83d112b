// Answers that several routes give, and their schemas.
#pragma once

#include "net/router.hpp"
#include "net/schema.hpp"
#include "protocols/task.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard::net {

/// What `message_schema` says.
std::string message_json(std::string_view text);

/// 200 with what `tasks_schema` says.
void send_tasks(const exchange_ptr& x, std::vector<task> rows);

extern const schema user_schema;
extern const schema message_schema; ///< `{"message":...,"detail":null}`
extern const schema task_schema;    ///< `task_json`
extern const schema tasks_schema;   ///< `{"tasks":[...],"total":...}`
extern const schema execution_schema;
extern const schema memory_tags_schema; ///< `protocols/memory_tags`

/// `{"total":...,"by_status":{...}}`, and what follows of an object.
template <named_enum E>
object_schema counts_schema() {
  object_schema each;
  for (auto name : enum_names<E>)
    each.put(name, a_count);
  object_schema out;
  out.put("total", a_count).put("by_status", each.done());
  return out;
}

// -- errors -------------------------------------------------------------------

extern const schema error_schema;
extern const schema validation_schema; ///< of a 422
extern const schema problem_schema;    ///< RFC 9457
extern const schema error_envelope_schema;

} // namespace callboard::net
