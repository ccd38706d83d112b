// The memory (rest-api section 8), on the local store.
#include "net/answer_schemas.hpp"
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/routes.hpp"
#include "protocols/memory_answer.hpp"

#include <cmath>
#include <map>

namespace callboard::net {

namespace {

constexpr size_t recent = 10; ///< entries that a project's summary shows

using steady = std::chrono::steady_clock;

double since_ms(steady::time_point began) {
  std::chrono::duration<double, std::milli> took = steady::now() - began;
  return std::round(took.count() * 10) / 10;
}

std::string match_json(const memory_match& x) {
  return json_object{}
      .put("task_id", x.entry.task_id)
      .put("content", x.entry.content)
      .put_number("similarity_score", x.score)
      .put_raw("metadata", x.entry.metadata.text)
      .put("created_at", x.entry.created_at)
      .done();
}

void search_memory(const exchange_ptr& x) {
  auto given_fields = x->read<memory_search>(&rules::create);
  if (!given_fields)
    return;
  auto& wanted = given_fields->values;
  memory_query query;
  query.text = wanted.query;
  query.project_id = wanted.project_id.value_or("");
  if (wanted.task_type)
    query.intent = name_of(*wanted.task_type);
  query.limit = wanted.limit;
  x->ask<memory_matches>(
      x->server().memory(),
      [x, text = wanted.query,
       began = steady::now()](const memory_matches& found) {
        auto total = static_cast<int64_t>(found.rows.size());
        x->send(200, json_object{}
                         .put("query", text)
                         .put_raw("results", json_array(found.rows, match_json))
                         .put("total_results", total)
                         .put_number("search_time_ms", since_ms(began))
                         .put("source", memory_fallback)
                         .put("warning", memory_warning)
                         .done());
      },
      atom::list_v, x->caller(), query);
}

void store_memory(const exchange_ptr& x) {
  auto given_fields = x->read<memory_note>(&rules::create);
  if (!given_fields)
    return;
  x->ask<changed<memory_entry>>(
      x->server().memory(),
      [x](const changed<memory_entry>& done) { x->send(done.kept); },
      atom::create_v, x->caller(), std::move(given_fields->values));
}

constexpr parameter task_parameters[]
    = {flag_in("include_related", "show entries that share its words", true)};

void show_memory_task(const exchange_ptr& x) {
  auto id = x->text();
  if (!id)
    return;
  auto related = x->query().boolean("include_related");
  if (!x->query_is_good())
    return;
  x->ask<memory_detail>(
      x->server().memory(),
      [x](const memory_detail& found) {
        auto& entry = found.entry;
        auto task = json_object{}
                        .put("content", entry.content)
                        .put_raw("metadata", entry.metadata.text)
                        .put("timestamp", entry.created_at)
                        .done();
        x->send(200, json_object{}
                         .put_raw("task", task)
                         .put_raw("related_tasks",
                                  json_array(found.related, match_json))
                         .put("source", memory_fallback)
                         .put("warning", memory_warning)
                         .done());
      },
      atom::fetch_v, x->caller(), memory_task_query{{}, *id, related});
}

std::string counts_json(const std::map<std::string, int64_t>& counts) {
  json_object out;
  for (auto& [name, n] : counts)
    out.put(name, n);
  return out.done();
}

std::string recent_json(const memory_entry& x) {
  return json_object{}
      .put("task_id", x.task_id)
      .put("content", x.content)
      .put("created_at", x.created_at)
      .done();
}

void show_project_memory(const exchange_ptr& x) {
  auto id = x->text();
  if (!id)
    return;
  x->ask<memory_entries>(
      x->server().memory(),
      [x, id = *id](const memory_entries& found) {
        std::map<std::string, int64_t> intents;
        std::map<std::string, int64_t> agents;
        for (auto& row : found.rows) {
          ++intents[std::string{name_of(row.intent)}];
          ++agents[row.agent_id];
        }
        std::span rows{found.rows};
        auto newest = rows.first(std::min(rows.size(), recent));
        x->send(200,
                json_object{}
                    .put("project_id", id)
                    .put("total_tasks", static_cast<int64_t>(rows.size()))
                    .put_raw("by_intent", counts_json(intents))
                    .put_raw("by_agent", counts_json(agents))
                    .put_raw("recent_tasks", json_array(newest, recent_json))
                    .put("source", memory_fallback)
                    .done());
      },
      atom::list_v, x->caller(), memory_project_query{{}, *id});
}

void memory_health(const exchange_ptr& x) {
  x->try_ask<database_status>(
      x->server().database(),
      [x](const caf::expected<database_status>& status) {
        x->send(200, json_object{}
                         .put("status", "degraded")
                         .put("degraded_mode", true)
                         .put("circuit_breaker_state", "CLOSED")
                         .put("mcp_available", false)
                         .put("fallback_available", status && status->connected)
                         .put("last_check", now())
                         .put("error", "no memory server is configured")
                         .done());
      },
      atom::status_v);
}

constexpr schema match_schema{"MemoryHit", [](schema_book& all) {
                                return object_schema{}
                                    .put("task_id", a_text)
                                    .put("content", a_text)
                                    .put("similarity_score", a_number)
                                    .put("metadata",
                                         all.use(memory_tags_schema))
                                    .put("created_at", an_instant)
                                    .done();
                              }};

std::string source_schema() {
  return choice_of({"memory_mcp", "postgresql_fallback", "redis_cache_stale"});
}

constexpr schema found_schema{"MemorySearchResponse", [](schema_book& all) {
                                return object_schema{}
                                    .put("query", a_text)
                                    .put("results",
                                         array_of(all.use(match_schema)))
                                    .put("total_results", a_count)
                                    .put("search_time_ms", a_number)
                                    .put("source", source_schema())
                                    .put("warning", a_text_or_null)
                                    .done();
                              }};

/// `stored_answer`
constexpr schema stored_schema{
    "MemoryStoreResponse", [](schema_book& all) {
      return object_schema{}
          .put("status", choice_of({"success", "degraded"}))
          .put("storage", choice_of({"memory_mcp", "postgresql_fallback"}))
          .put("task_id", a_text)
          .put("metadata", all.use(memory_tags_schema))
          .put("warning", a_text_or_null)
          .done();
    }};

constexpr schema task_memory_schema{
    "MemoryTaskResponse", [](schema_book& all) {
      auto entry = object_schema{}
                       .put("content", a_text)
                       .put("metadata", all.use(memory_tags_schema))
                       .put("timestamp", an_instant)
                       .done();
      return object_schema{}
          .put("task", entry)
          .put("related_tasks", array_of(all.use(match_schema)))
          .put("source", source_schema())
          .put("warning", a_text_or_null)
          .done();
    }};

constexpr schema summary_schema{
    "MemorySummary", [](schema_book&) {
      constexpr std::string_view counts
          = R"({"type":"object","additionalProperties":{"type":"integer"}})";
      auto entry = object_schema{}
                       .put("task_id", a_text)
                       .put("content", a_text)
                       .put("created_at", an_instant)
                       .done();
      return object_schema{}
          .put("project_id", a_text)
          .put("total_tasks", a_count)
          .put("by_intent", counts)
          .put("by_agent", counts)
          .put("recent_tasks", array_of(entry))
          .put("source", source_schema())
          .done();
    }};

constexpr schema health_schema{
    "MemoryHealth", [](schema_book&) {
      return object_schema{}
          .put("status", choice_of({"healthy", "degraded"}))
          .put("degraded_mode", a_boolean)
          .put("circuit_breaker_state",
               choice_of({"CLOSED", "OPEN", "HALF_OPEN"}))
          .put("mcp_available", a_boolean)
          .put("fallback_available", a_boolean)
          .put("last_check", an_instant)
          .put("error", a_text_or_null)
          .done();
    }};

constexpr route table[] = {
    {.method = verb::post,
     .pattern = "/api/v1/memory/search",
     .handle = search_memory,
     .id = "searchMemory",
     .about = "Finds the entries that have all these words, the best first",
     .body = takes<memory_search, &rules::create>("MemorySearchRequest"),
     .gives = {{200, &found_schema}}},
    {.method = verb::post,
     .pattern = "/api/v1/memory/store",
     .handle = store_memory,
     .answer = answers::kept,
     .id = "storeMemory",
     .about = "Remembers something, with all its tags",
     .body = takes<memory_note, &rules::create>("MemoryStoreRequest"),
     .gives = {{200, &stored_schema}}},
    {.method = verb::get,
     .pattern = "/api/v1/memory/task/{task_id}",
     .handle = show_memory_task,
     .id = "getMemoryTask",
     .about = "Shows the newest entry about a task, and related ones",
     .text_ids = true,
     .query = {task_parameters},
     .gives = {{200, &task_memory_schema}},
     .fails = {errc::not_found}},
    {.method = verb::get,
     .pattern = "/api/v1/memory/health",
     .handle = memory_health,
     .who = access::open,
     .limit = bucket::none,
     .id = "getMemoryHealth",
     .about = "Says who answers for the memory",
     .gives = {{200, &health_schema}}},
    {.method = verb::get,
     .pattern = "/api/v1/memory/projects/{project_id}/summary",
     .handle = show_project_memory,
     .id = "getMemoryProjectSummary",
     .about = "Counts a project's entries, of the newest thousand",
     .text_ids = true,
     .gives = {{200, &summary_schema}}},
};

} // namespace

std::span<const route> memory_routes() { return table; }

} // namespace callboard::net
