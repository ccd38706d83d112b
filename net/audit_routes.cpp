// The audit log, for admins (rest-api section 11).
#include "net/export.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

audit_query read_filters(const exchange_ptr& x) {
  auto& query = x->query();
  audit_query out;
  out.table_name = query.text("table_name", 100);
  out.record_id = query.integer("record_id", 0, 1, far);
  out.user_id = query.text("user_id", 255);
  out.written = read_range(query);
  return out;
}

template <class F>
void ask_page(const exchange_ptr& x, const audit_query& wanted, F on_page) {
  x->ask<page<audit_entry>>(x->server().audit(), on_page, atom::list_v,
                            x->caller(), wanted);
}

void list_audit(const exchange_ptr& x) {
  auto wanted = read_filters(x);
  read_paging(x, "entries", wanted, 100, 1000);
  if (!x->query_is_good())
    return;
  ask_page(x, wanted, [x, wanted](const page<audit_entry>& found) {
    x->send(200,
            page_json(*x, "entries", found, wanted, row_json<audit_entry>));
  });
}

void export_audit(const exchange_ptr& x) {
  using job = list_export<audit_entry, audit_query>;
  std::make_shared<job>(
      x, "entries", read_filters(x),
      [x](const audit_query& wanted, job::pages take) {
        ask_page(x, wanted, std::move(take));
      },
      row_json<audit_entry>)
      ->start();
}

constexpr route table[] = {
    {verb::get, "/api/v1/audit", list_audit, access::admin},
    {verb::get, "/api/v1/audit/export", export_audit, access::admin},
};

} // namespace

std::span<const route> audit_routes() { return table; }

} // namespace callboard::net
