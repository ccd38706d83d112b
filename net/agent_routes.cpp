// The endpoints of agents (rest-api sections 7 and 11).
#include "net/answer_schemas.hpp"
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/paging.hpp"
#include "net/routes.hpp"
#include "net/versioned_answer.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>
#include <cmath>

namespace callboard::net {

namespace {

constexpr int64_t max_filter = 4096; ///< of `capabilities` [characters]

/// `part` of `whole`, rounded to so many decimals; 0.0 of nothing.
double ratio(int64_t part, int64_t whole, double decimals) {
  if (whole == 0)
    return 0;
  auto scale = std::pow(10, decimals);
  return std::round(static_cast<double>(part) / static_cast<double>(whole)
                    * scale)
         / scale;
}

void send_detail(const exchange_ptr& x, agent_detail found) {
  auto& counts = found.metrics;
  auto after = json_object{}
                   .put_number("success_rate",
                               ratio(counts.successes, counts.finished, 4))
                   .put_number("avg_duration_ms",
                               ratio(counts.duration_ms, counts.timed, 2))
                   .done();
  send_versioned(
      x, found.row, up_to_list(row_json(found.row), "execution_history"),
      std::move(found.history), [](auto& shown) { return row_json(shown.run); },
      behind_list(std::move(after)));
}

/// `a, b,,c` -> a b c
std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    if (item = trimmed(item); !item.empty())
      out.emplace_back(item);
  }
  return out;
}

void create_agent(const exchange_ptr& x) {
  auto fields = x->read<agent>(&rules::create);
  if (!fields)
    return;
  x->ask<changed<agent>>(
      x->server().agents(),
      [x](const changed<agent>& done) { x->send(done.kept); }, atom::create_v,
      x->caller(), std::move(*fields));
}

constexpr parameter filters[] = {
    choice_in<agent_type>("type", "of this type alone"),
    choice_in<agent_status>("status", "with this one alone"),
    text_in("capabilities", "names with commas between them: any of these",
            max_filter),
};
constexpr auto list_paging = paging(100, 1000);

void list_agents(const exchange_ptr& x) {
  auto& query = x->query();
  agent_query wanted;
  if (auto type = query.choice<agent_type>("type"))
    wanted.type = name_of(*type);
  if (auto status = query.choice<agent_status>("status"))
    wanted.status = name_of(*status);
  wanted.capabilities = split_at_commas(query.text("capabilities"));
  read_paging(x, "agents", wanted);
  if (!x->query_is_good())
    return;
  x->ask<shared_answer<page<agent>>>(
      x->server().agents(),
      [x, wanted](shared_answer<page<agent>> found) {
        send_page(x, "agents", std::move(found), wanted, row_json<agent>);
      },
      atom::list_v, x->caller(), wanted);
}

constexpr parameter detail_parameters[]
    = {integer_in("history_limit", "runs to show", 1, 500, 50)};

void show_agent(const exchange_ptr& x) {
  auto id = x->id("Agent");
  if (!id)
    return;
  agent_item_query wanted{*id, x->query().integer("history_limit")};
  if (!x->query_is_good())
    return;
  x->ask<agent_detail>(
      x->server().agents(),
      [x](agent_detail found) { send_detail(x, std::move(found)); },
      atom::fetch_v, x->caller(), wanted);
}

void change_agent(const exchange_ptr& x, int64_t id, patch<agent> changes) {
  x->ask<changed<agent>>(
      x->server().agents(),
      [x](const changed<agent>& done) {
        auto& row = done.rows.front();
        send_versioned(*x, row, row_json(row));
      },
      atom::update_v, x->caller(), id, std::move(changes));
}

void update_agent(const exchange_ptr& x) {
  auto id = x->id("Agent");
  if (!id)
    return;
  if (auto changes = x->read<agent>(&rules::update))
    change_agent(x, *id, std::move(*changes));
}

void set_agent_status(const exchange_ptr& x) {
  auto id = x->id("Agent");
  if (!id)
    return;
  if (auto wanted = x->read<agent_status_change>(&rules::create))
    change_agent(x, *id,
                 patch<agent>{}.give(&agent::status, wanted->values.status));
}

void delete_agent(const exchange_ptr& x) {
  auto id = x->id("Agent");
  if (!id)
    return;
  x->ask<changed<agent>>(
      x->server().agents(), [x](const changed<agent>&) { x->send(204, ""); },
      atom::remove_v, x->caller(), *id);
}

constexpr schema agent_schema{"Agent", row_schema<agent>};
constexpr schema detail_schema{"AgentDetail", [](schema_book& all) {
                                 return object_schema{}
                                     .members<agent>()
                                     .put("execution_history",
                                          array_of(all.use(execution_schema)))
                                     .put("success_rate", a_number)
                                     .put("avg_duration_ms", a_number)
                                     .done();
                               }};
constexpr schema page_of_agents{
    "AgentList",
    [](schema_book& all) { return page_schema(all, "agents", agent_schema); }};

constexpr route update_route{
    .method = verb::put,
    .pattern = "/api/v1/agents/{agent_id}",
    .handle = update_agent,
    .answer = answers::versioned,
    .id = "updateAgent",
    .about = "Changes the given fields: by its creator or an admin",
    .body = takes<agent, &rules::update>("AgentUpdate"),
    .gives = {{200, &agent_schema}},
    .fails = {errc::forbidden, errc::conflict}};

constexpr route status_route{
    .method = verb::put,
    .pattern = "/api/v1/agents/{agent_id}/status",
    .handle = set_agent_status,
    .answer = answers::versioned,
    .id = "setAgentStatus",
    .about = "Changes the status alone",
    .body = takes<agent_status_change, &rules::create>("AgentStatusUpdate"),
    .gives = {{200, &agent_schema}},
    .fails = {errc::forbidden}};

constexpr route table[] = {
    {.method = verb::post,
     .pattern = "/api/v1/agents",
     .handle = create_agent,
     .limit = bucket::agent_create,
     .answer = answers::kept,
     .id = "createAgent",
     .about = "Registers an agent",
     .body = takes<agent, &rules::create>("AgentCreate"),
     .gives = {{201, &agent_schema}},
     .fails = {errc::conflict}},
    {.method = verb::get,
     .pattern = "/api/v1/agents",
     .handle = list_agents,
     .id = "listAgents",
     .about = "Lists the agents of everybody, the last active first",
     .query = {filters, list_paging},
     .gives = {{200, &page_of_agents}}},
    {.method = verb::get,
     .pattern = "/api/v1/agents/{agent_id}",
     .handle = show_agent,
     .answer = answers::versioned,
     .id = "getAgent",
     .about = "Shows an agent with its newest runs; texts of other users' "
              "tasks are null",
     .query = {detail_parameters},
     .gives = {{200, &detail_schema}}},
    update_route,
    same_as(update_route, verb::patch, "patchAgent"),
    {.method = verb::del,
     .pattern = "/api/v1/agents/{agent_id}",
     .handle = delete_agent,
     .answer = answers::versioned,
     .id = "deleteAgent",
     .about = "Takes an agent out of the registry; its runs stay",
     .gives = {{204}},
     .fails = {errc::forbidden}},
    status_route,
    same_as(status_route, verb::patch, "patchAgentStatus"),
};

} // namespace

std::span<const route> agent_routes() { return table; }

} // namespace callboard::net
