// The endpoints of scheduled tasks (rest-api section 5).
#include "net/exchange.hpp"
#include "net/export.hpp"
#include "net/json_answer.hpp"
#include "net/routes.hpp"
#include "protocols/task_answer.hpp"

namespace callboard::net {

namespace {

void create_task(const exchange_ptr& x) {
  auto fields = x->read<task>(&rules::create);
  if (!fields)
    return;
  x->ask<changed<task>>(
      x->server().tasks(),
      [x](const changed<task>& done) {
        x->send(done.kept.status != 0 ? done.kept
                                      : created_answer(done.rows.front()));
      },
      atom::create_v, x->caller(), std::move(*fields));
}

/// Whose tasks a list shows: the caller's; admins may name another or all.
std::string owner_of_list(const exchange_ptr& x) {
  auto& query = x->query();
  auto owner = query.text("user_id", 255);
  auto all = query.boolean("all", false);
  if (x->caller().is_admin() && all)
    return {};
  return owner.empty() ? x->caller().actor() : owner;
}

/// The filters and the order of a list.
task_query read_filters(const exchange_ptr& x) {
  auto& query = x->query();
  task_query out;
  out.owner = owner_of_list(x);
  if (auto status = query.choice<task_status>("status"))
    out.status = name_of(*status);
  out.skill_name = query.text("skill_name", 255);
  out.project_id = query.integer("project_id", 0, 1, far);
  out.search = query.text("search", 255);
  out.sort_by
      = query.choice<task_order>("sort_by").value_or(task_order::created_at);
  out.descending
      = query.choice<sort_order>("sort_order").value_or(sort_order::desc)
        == sort_order::desc;
  return out;
}

template <class F>
void ask_page(const exchange_ptr& x, const task_query& wanted, F on_page) {
  x->ask<page<task>>(x->server().tasks(), on_page, atom::list_v, x->caller(),
                     wanted);
}

void list_tasks(const exchange_ptr& x) {
  auto wanted = read_filters(x);
  read_paging(x, "tasks", wanted, 20, 100);
  if (!x->query_is_good())
    return;
  ask_page(x, wanted, [x, wanted](const page<task>& found) {
    x->send(200, page_json(*x, "tasks", found, wanted,
                           [](auto& row) { return task_json(row); }));
  });
}

void export_tasks(const exchange_ptr& x) {
  using job = list_export<task, task_query>;
  std::make_shared<job>(
      x, "tasks", read_filters(x),
      [x](const task_query& wanted, job::pages take) {
        ask_page(x, wanted, std::move(take));
      },
      [](const task& row) { return task_json(row); })
      ->start();
}

void show_task(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  x->ask<task_detail>(
      x->server().tasks(),
      [x](const task_detail& found) {
        auto& row = found.row;
        auto runs = executions_json(found.executions);
        x->tag(
            entity_tag(row.id, row.version,
                       found.executions.empty() ? std::string_view{} : runs));
        x->send(200, task_json(row, runs));
      },
      atom::fetch_v, x->caller(), *id);
}

void update_task(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  auto changes = x->read<task>(&rules::update);
  if (!changes)
    return;
  x->ask<changed<task>>(
      x->server().tasks(),
      [x](const changed<task>& done) {
        auto& row = done.rows.front();
        x->tag(entity_tag(row.id, row.version));
        x->send(200, task_json(row));
      },
      atom::update_v, x->caller(), *id, std::move(*changes));
}

void delete_task(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  x->ask<changed<task>>(
      x->server().tasks(),
      [x](const changed<task>& done) {
        x->send(200, json_object{}
                         .put("message", "Task successfully deleted")
                         .put("task_id", done.rows.front().id)
                         .put("status", "deleted")
                         .done());
      },
      atom::remove_v, x->caller(), *id);
}

void set_task_status(const exchange_ptr& x) {
  auto wanted = x->read<task_status_change>(&rules::create);
  if (!wanted)
    return;
  x->ask<changed<task>>(
      x->server().tasks(),
      [x](const changed<task>& done) {
        x->send(200, json_object{}
                         .put_raw("tasks", tasks_json(done.rows))
                         .put("total", static_cast<int64_t>(done.rows.size()))
                         .done());
      },
      atom::update_v, x->caller(), std::move(wanted->values));
}

constexpr route table[] = {
    {verb::post, "/api/v1/tasks", create_task, access::user, bucket::standard,
     answers::kept},
    {verb::get, "/api/v1/tasks", list_tasks},
    {verb::get, "/api/v1/tasks/export", export_tasks},
    {verb::post, "/api/v1/tasks/status", set_task_status},
    {verb::get, "/api/v1/tasks/{task_id}", show_task},
    {verb::put, "/api/v1/tasks/{task_id}", update_task},
    {verb::patch, "/api/v1/tasks/{task_id}", update_task},
    {verb::del, "/api/v1/tasks/{task_id}", delete_task},
};

} // namespace

std::span<const route> task_routes() { return table; }

} // namespace callboard::net
