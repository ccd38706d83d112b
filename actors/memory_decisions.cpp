#include "actors/memory_decisions.hpp"

#include "protocols/entity_json.hpp"
#include "protocols/memory_answer.hpp"
#include "protocols/memory_tags.hpp"
#include "protocols/unicode.hpp"

namespace callboard::actors {

namespace {

constexpr size_t shown_output = 2000; ///< [characters]
constexpr size_t shown_error = 1000;

memory_intent intent_of(execution_status status) {
  switch (status) {
  case execution_status::success:
    return memory_intent::implementation;
  case execution_status::failed:
  case execution_status::timeout:
    return memory_intent::bugfix;
  case execution_status::running:
    return memory_intent::testing;
  case execution_status::cancelled:
    break;
  }
  return memory_intent::analysis;
}

std::string content_of(const agent& who, const execution& run) {
  auto out = "Agent " + who.name + " executed task "
             + std::to_string(run.task_id)
             + " | Status: " + std::string{name_of(run.status)};
  if (run.duration_ms)
    out += " | Duration: " + std::to_string(*run.duration_ms) + "ms";
  if (run.output_text)
    out += " | Output: "
           + std::string{first_code_points(*run.output_text, shown_output)};
  if (run.error_text)
    out += " | Error: "
           + std::string{first_code_points(*run.error_text, shown_error)};
  return out;
}

std::string additional_of(const execution& run) {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  writer.Key("agent_id");
  write_json(writer, run.agent_id);
  writer.Key("execution_result_id");
  write_json(writer, run.id);
  writer.Key("status");
  write_json(writer, run.status);
  writer.Key("duration_ms");
  write_json(writer, run.duration_ms);
  writer.EndObject();
  return out;
}

} // namespace

decision<memory_entry> stored_note(call ctx, memory_note given_fields) {
  return [ctx = std::move(ctx), given_fields = std::move(given_fields)](
             const facts<memory_entry>& now)
             -> caf::expected<outcome<memory_entry>> {
    memory_source from;
    from.user_id = ctx.is_admin() && given_fields.user_id
                       ? *given_fields.user_id
                       : ctx.actor();
    from.task_id = given_fields.task_id.value_or("");
    if (given_fields.additional_metadata)
      from.additional = given_fields.additional_metadata->text;
    auto row
        = remember(from, given_fields.intent, given_fields.content, now.now);
    row.id = now.new_id;
    outcome<memory_entry> out{{std::move(row)}};
    out.kept = stored_answer(out.rows.front());
    return out;
  };
}

memory_entry memory_of(const agent& who, const execution& run,
                       const std::string& user_id, timestamp now) {
  memory_source from;
  from.agent_id = name_of(who.type);
  from.agent_category = "swarm-coordination";
  from.user_id = user_id;
  from.task_id = std::to_string(run.task_id);
  from.additional = additional_of(run);
  return remember(from, intent_of(run.status), content_of(who, run), now);
}

} // namespace callboard::actors
