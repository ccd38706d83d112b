// The supervision tree, for developers.
#include "net/exchange.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

void show_tree(const exchange_ptr& x) { x->send(200, x->server().tree()); }

/// Written by `supervision/tree`.
constexpr schema node_schema{
    "Actor", [](schema_book& all) {
      auto crash = object_schema{}
                       .put("reason", a_text)
                       .put("message_type", a_text)
                       .put("at", an_instant)
                       .put("restarts", a_count)
                       .done();
      return object_schema{}
          .put("id", a_text)
          .put("kind", choice_of({"supervisor", "actor"}))
          .maybe("strategy", a_text)
          .put("policy", a_text)
          .put("state", a_text)
          .put("uptime_ms", an_integer)
          .put("restarts", a_count)
          .put("messages", a_count)
          .put("backlog", a_count)
          .put("waiting_ms", an_integer)
          .put("last_crash", or_null(crash))
          .maybe("child_count", a_count)
          .maybe("children", array_of(all.use(node_schema)))
          .done();
    }};

constexpr schema tree_schema{"SupervisionTree", [](schema_book& all) {
                               auto loop = object_schema{}
                                               .put("index", a_count)
                                               .put("jobs", a_count)
                                               .put("blocked", a_count)
                                               .put("worst_ms", an_integer)
                                               .put("held_ms", an_integer)
                                               .put("held_by", a_text)
                                               .put("last_blocked_by", a_text)
                                               .done();
                               return object_schema{}
                                   .put("loops", array_of(loop))
                                   .put("tree", all.use(node_schema))
                                   .done();
                             }};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/v1/supervision/tree",
     .handle = show_tree,
     .who = access::operator_,
     .id = "getSupervisionTree",
     .about = "Shows the running actors, their supervisors and last crashes",
     .gives = {{200, &tree_schema}}},
};

} // namespace

std::span<const route> tree_routes() { return table; }

} // namespace callboard::net
