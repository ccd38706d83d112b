// The dashboard's agents and what they did (rest-api section 12).
#include "net/compat.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

/// What a change has left does not tell the agent's current task.
void answer_with(const exchange_ptr& x, int64_t id) {
  x->ask<agent_detail>(
      x->server().agents(),
      [x](const agent_detail& found) {
        send_data(*x, 200, dashboard_json(found.row));
      },
      atom::fetch_v, x->caller(), agent_item_query{id, 1, true});
}

void list_agents(const exchange_ptr& x) {
  agent_query wanted;
  wanted.limit = max_dashboard_rows;
  wanted.complete = true;
  x->ask<page<agent>>(
      x->server().agents(),
      [x](const page<agent>& found) { send_rows(*x, found.rows); },
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
      [x, agent_id](const changed<execution>&) { answer_with(x, agent_id); },
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

void list_activity(const exchange_ptr& x) {
  auto& query = x->query();
  activity_query wanted;
  wanted.agent_id = id_in(query, "agentId");
  wanted.limit = query.integer("limit", 100, 1, 500);
  if (!x->query_is_good())
    return;
  x->ask<agent_runs>(
      x->server().executions(),
      [x](const agent_runs& found) { send_rows(*x, found.rows); }, atom::list_v,
      x->caller(), wanted);
}

constexpr auto envelope = answers::enveloped;

constexpr route table[] = {
    {verb::get, "/api/agents", list_agents, access::user, bucket::standard,
     envelope},
    {verb::post, "/api/agents", create_agent, access::user,
     bucket::agent_create, envelope},
    {verb::get, "/api/agents/{agent_id}", show_agent, access::user,
     bucket::standard, envelope},
    {verb::put, "/api/agents/{agent_id}", update_agent, access::user,
     bucket::standard, envelope},
    {verb::patch, "/api/agents/{agent_id}", update_agent, access::user,
     bucket::standard, envelope},
    {verb::del, "/api/agents/{agent_id}", delete_agent, access::user,
     bucket::standard, envelope},
    {verb::post, "/api/agents/{agent_id}/execute", execute, access::user,
     bucket::standard, envelope},
    {verb::get, "/api/agent-activity", list_activity, access::user,
     bucket::standard, envelope},
};

} // namespace

std::span<const route> compat_agent_routes() { return table; }

} // namespace callboard::net
