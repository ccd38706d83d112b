// The endpoints of scheduled tasks (rest-api section 5).
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/paging.hpp"
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

void list_tasks(const exchange_ptr& x) {
  auto& query = x->query();
  task_query wanted;
  wanted.owner = owner_of_list(x);
  if (auto status = query.choice<task_status>("status"))
    wanted.status = name_of(*status);
  wanted.skill_name = query.text("skill_name", 255);
  wanted.project_id = query.integer("project_id", 0, 1, far);
  wanted.sort_by
      = query.choice<task_order>("sort_by").value_or(task_order::created_at);
  wanted.descending
      = query.choice<sort_order>("sort_order").value_or(sort_order::desc)
        == sort_order::desc;
  read_paging(x, "tasks", wanted, 20, 100);
  if (!x->query_is_good())
    return;
  x->ask<page<task>>(
      x->server().tasks(),
      [x, wanted](const page<task>& found) {
        x->send(200, page_json(*x, "tasks", found, wanted,
                               [](auto& row) { return task_json(row); }));
      },
      atom::list_v, x->caller(), wanted);
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

constexpr route table[] = {
    {verb::post, "/api/v1/tasks", create_task, access::user, bucket::standard,
     answers::kept},
    {verb::get, "/api/v1/tasks", list_tasks},
    {verb::get, "/api/v1/tasks/{task_id}", show_task},
    {verb::put, "/api/v1/tasks/{task_id}", update_task},
    {verb::patch, "/api/v1/tasks/{task_id}", update_task},
    {verb::del, "/api/v1/tasks/{task_id}", delete_task},
};

} // namespace

std::span<const route> task_routes() { return table; }

} // namespace callboard::net
