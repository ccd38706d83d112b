// The audit log, for admins (rest-api section 11).
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/paging.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

void list_audit(const exchange_ptr& x) {
  auto& query = x->query();
  audit_query wanted;
  wanted.table_name = query.text("table_name", 100);
  wanted.record_id = query.integer("record_id", 0, 1, far);
  wanted.user_id = query.text("user_id", 255);
  read_paging(x, "entries", wanted, 100, 1000);
  if (!x->query_is_good())
    return;
  x->ask<page<audit_entry>>(
      x->server().audit(),
      [x, wanted](const page<audit_entry>& found) {
        x->send(200,
                page_json(*x, "entries", found, wanted, row_json<audit_entry>));
      },
      atom::list_v, x->caller(), wanted);
}

constexpr route table[] = {
    {verb::get, "/api/v1/audit", list_audit, access::admin},
};

} // namespace

std::span<const route> audit_routes() { return table; }

} // namespace callboard::net
