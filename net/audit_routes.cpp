// The audit log, for admins (rest-api section 11).
#include "net/export.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

constexpr parameter filters[] = {
    text_in("table_name", "of this table", 100),
    id_in("record_id", "of this row"),
    text_in("user_id", "by this user, or by system", 255),
};
constexpr auto list_paging = paging(100, 1000);

audit_query read_filters(const exchange_ptr& x) {
  auto& query = x->query();
  audit_query out;
  out.table_name = query.text("table_name");
  out.record_id = query.integer("record_id");
  out.user_id = query.text("user_id");
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
  read_paging(x, "entries", wanted);
  if (!x->query_is_good())
    return;
  ask_page(x, wanted, [x, wanted](page<audit_entry> found) {
    send_page(x, "entries", std::move(found), wanted, row_json<audit_entry>);
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

constexpr schema entry_schema{"AuditEntry", row_schema<audit_entry>};
constexpr schema page_of_entries{
    "AuditList",
    [](schema_book& all) { return page_schema(all, "entries", entry_schema); }};
constexpr schema entry_rows{"", array_schema<entry_schema>};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/v1/audit",
     .handle = list_audit,
     .who = access::admin,
     .id = "listAuditEntries",
     .about = "Lists who changed what, the newest first",
     .query = {filters, range_parameters, list_paging},
     .gives = {{200, &page_of_entries}}},
    {.method = verb::get,
     .pattern = "/api/v1/audit/export",
     .handle = export_audit,
     .who = access::admin,
     .id = "exportAuditEntries",
     .about = "The same list as a file of at most 10,000 rows",
     .query = {filters, range_parameters, export_parameters},
     .gives = {csv_answer, {200, &entry_rows}}},
};

} // namespace

std::span<const route> audit_routes() { return table; }

} // namespace callboard::net
