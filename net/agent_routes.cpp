// The endpoints of agents (rest-api sections 7 and 11).
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

constexpr size_t max_filter = 4096; ///< of `capabilities` [characters]

/// `part` of `whole`, rounded to so many decimals; 0.0 of nothing.
double ratio(int64_t part, int64_t whole, double decimals) {
  if (whole == 0)
    return 0;
  auto scale = std::pow(10, decimals);
  return std::round(static_cast<double>(part) / static_cast<double>(whole)
                    * scale)
         / scale;
}

std::string detail_json(const agent_detail& found) {
  auto& counts = found.metrics;
  return json_object{}
      .members(found.row)
      .put_raw(
          "execution_history",
          json_array(found.history, [](auto& x) { return row_json(x.run); }))
      .put_number("success_rate", ratio(counts.successes, counts.finished, 4))
      .put_number("avg_duration_ms", ratio(counts.duration_ms, counts.timed, 2))
      .done();
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

void list_agents(const exchange_ptr& x) {
  auto& query = x->query();
  agent_query wanted;
  if (auto type = query.choice<agent_type>("type"))
    wanted.type = name_of(*type);
  if (auto status = query.choice<agent_status>("status"))
    wanted.status = name_of(*status);
  wanted.capabilities = split_at_commas(query.text("capabilities", max_filter));
  read_paging(x, "agents", wanted, 100, 1000);
  if (!x->query_is_good())
    return;
  x->ask<page<agent>>(
      x->server().agents(),
      [x, wanted](const page<agent>& found) {
        x->send(200, page_json(*x, "agents", found, wanted, row_json<agent>));
      },
      atom::list_v, x->caller(), wanted);
}

void show_agent(const exchange_ptr& x) {
  auto id = x->id("Agent");
  if (!id)
    return;
  agent_item_query wanted{*id, x->query().integer("history_limit", 50, 1, 500)};
  if (!x->query_is_good())
    return;
  x->ask<agent_detail>(
      x->server().agents(),
      [x](const agent_detail& found) {
        send_versioned(*x, found.row, detail_json(found));
      },
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

constexpr route table[] = {
    {verb::post, "/api/v1/agents", create_agent, access::user,
     bucket::agent_create, answers::kept},
    {verb::get, "/api/v1/agents", list_agents},
    {verb::get, "/api/v1/agents/{agent_id}", show_agent},
    {verb::put, "/api/v1/agents/{agent_id}", update_agent},
    {verb::patch, "/api/v1/agents/{agent_id}", update_agent},
    {verb::del, "/api/v1/agents/{agent_id}", delete_agent},
    {verb::put, "/api/v1/agents/{agent_id}/status", set_agent_status},
    {verb::patch, "/api/v1/agents/{agent_id}/status", set_agent_status},
};

} // namespace

std::span<const route> agent_routes() { return table; }

} // namespace callboard::net
