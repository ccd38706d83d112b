// The dashboard's agents and what they did (rest-api section 12).
#include "net/compat.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

/// What a change has left does not tell the agent's current task.
void answer_with(const exchange_ptr& x, int64_t id, unsigned status = 200) {
  x->ask<agent_detail>(
      x->server().agents(),
      [x, status](const agent_detail& found) {
        send_data(*x, status, dashboard_json(found.row));
      },
      atom::fetch_v, x->caller(), agent_item_query{id, 1, true});
}

void list_agents(const exchange_ptr& x) {
  agent_query wanted;
  wanted.limit = max_dashboard_rows;
  wanted.complete = true;
  x->ask<page<agent>>(
      x->server().agents(),
      [x](page<agent> found) { send_rows(x, std::move(found.rows)); },
      atom::list_v, x->caller(), wanted);
}

void create_agent(const exchange_ptr& x) {
  auto fields = x->read<agent>(&rules::create);
  if (!fields)
    return;
  answer_changed<agent>(x, 201, x->server().agents(), atom::create_v,
                        x->caller(), std::move(*fields));
}

void show_agent(const exchange_ptr& x) {
  if (auto id = x->id("Agent"))
    answer_with(x, *id);
}

void update_agent(const exchange_ptr& x) {
  auto id = x->id("Agent");
  if (!id)
    return;
  auto changes = x->read<agent>(&rules::update);
  if (!changes)
    return;
  x->ask<changed<agent>>(
      x->server().agents(),
      [x, id = *id](const changed<agent>&) { answer_with(x, id); },
      atom::update_v, x->caller(), *id, std::move(*changes));
}

void delete_agent(const exchange_ptr& x) {
  auto id = x->id("Agent");
  if (!id)
    return;
  x->ask<changed<agent>>(
      x->server().agents(), [x](const changed<agent>&) { send_data(*x, 200); },
      atom::remove_v, x->caller(), *id);
}

/// The agent takes up a task that was made for it.
void begin_task(const exchange_ptr& x, int64_t agent_id, int64_t task_id) {
  activity begun;
  begun.agent_id = agent_id;
  begun.task_id = task_id;
  x->ask<changed<execution>>(
      x->server().executions(),
      [x, agent_id](const changed<execution>&) {
        answer_with(x, agent_id, 202);
      },
      atom::report_v, x->caller(), std::move(begun));
}

/// `{"task":"..."}` is the title of a task that runs once, now.
void rewrite_job(json_document& body, int64_t agent_id) {
  auto text = body.FindMember("task");
  auto has_title = text != body.MemberEnd();
  auto& memory = body.GetAllocator();
  json_value title;
  if (has_title)
    title = text->value;
  body.RemoveAllMembers();
  if (has_title)
    body.AddMember("title", title, memory);
  body.AddMember("next_run_at", json_value{to_string(now()), memory}, memory);
  body.AddMember("assignee", json_value{std::to_string(agent_id), memory},
                 memory);
  rewrite_task(body, true);
}

constexpr schema job_schema{"CompatJob", [](schema_book&) {
                              return object_schema{}.put("task", a_text).done();
                            }};

/// `{"task":"..."}`: a one-shot task with this title, which the agent runs.
void execute(const exchange_ptr& x) {
  auto id = x->id("Agent");
  if (!id)
    return;
  auto fields = x->read<task>(
      &rules::create, [&](json_document& body) { rewrite_job(body, *id); });
  if (!fields)
    return;
  if (!fields->has(&task::title))
    return x->fail(rejection(
        violations{{"missing", location("body", "task"), "Field required"}}));
  x->ask<agent_detail>( // before a task is made for nobody
      x->server().agents(),
      [x, id = *id, fields = *fields](const agent_detail&) {
        x->ask<changed<task>>(
            x->server().tasks(),
            [x, id](const changed<task>& done) {
              begin_task(x, id, done.rows.front().id);
            },
            atom::create_v, x->caller(), fields);
      },
      atom::fetch_v, x->caller(), agent_item_query{*id, 1});
}

constexpr parameter activity_parameters[] = {
    dashboard_id_in("agentId", "of this agent; empty: of all"),
    integer_in("limit", "rows of the answer", 1, 500, 100),
};

void list_activity(const exchange_ptr& x) {
  auto& query = x->query();
  activity_query wanted;
  wanted.agent_id = query.dashboard_id("agentId");
  wanted.limit = query.integer("limit");
  if (!x->query_is_good())
    return;
  x->ask<agent_runs>(
      x->server().executions(),
      [x](agent_runs found) { send_rows(x, std::move(found.rows)); },
      atom::list_v, x->caller(), wanted);
}

constexpr auto one_agent = &one_row<dashboard_agent_schema>;

constexpr route update_route{.method = verb::patch,
                             .pattern = "/api/agents/{agent_id}",
                             .handle = update_agent,
                             .answer = answers::enveloped,
                             .id = "compatPatchAgent",
                             .about = "Changes the given members",
                             .body
                             = takes<agent, &rules::update>("AgentUpdate"),
                             .gives = {{200, one_agent}},
                             .fails = {errc::forbidden, errc::conflict}};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/agents",
     .handle = list_agents,
     .answer = answers::enveloped,
     .id = "compatListAgents",
     .about = "Lists all agents, at most 1000",
     .gives = {{200, &many_rows<dashboard_agent_schema>}}},
    {.method = verb::post,
     .pattern = "/api/agents",
     .handle = create_agent,
     .limit = bucket::agent_create,
     .answer = answers::enveloped,
     .id = "compatCreateAgent",
     .about = "Registers an agent",
     .body = takes<agent, &rules::create>("AgentCreate"),
     .gives = {{201, one_agent}},
     .fails = {errc::conflict}},
    {.method = verb::get,
     .pattern = "/api/agents/{agent_id}",
     .handle = show_agent,
     .answer = answers::enveloped,
     .id = "compatGetAgent",
     .about = "Shows an agent",
     .gives = {{200, one_agent}}},
    update_route,
    same_as(update_route, verb::put, "compatPutAgent"),
    {.method = verb::del,
     .pattern = "/api/agents/{agent_id}",
     .handle = delete_agent,
     .answer = answers::enveloped,
     .id = "compatDeleteAgent",
     .about = "Takes an agent out of the registry",
     .gives = {{200, &done_schema}},
     .fails = {errc::forbidden}},
    {.method = verb::post,
     .pattern = "/api/agents/{agent_id}/execute",
     .handle = execute,
     .answer = answers::enveloped,
     .id = "compatExecuteAgent",
     .about = "Makes a task that runs once, and lets the agent take it up",
     .body = takes<task, &rules::create>(job_schema),
     .gives = {{202, one_agent}},
     .fails = {errc::forbidden}},
    {.method = verb::get,
     .pattern = "/api/agent-activity",
     .handle = list_activity,
     .answer = answers::enveloped,
     .id = "compatListAgentActivity",
     .about = "Lists runs, the newest first",
     .query = {activity_parameters},
     .gives = {{200, &many_rows<dashboard_run_schema>}}},
};

} // namespace

std::span<const route> compat_agent_routes() { return table; }

} // namespace callboard::net
