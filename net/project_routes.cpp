// The endpoints of projects (rest-api sections 6 and 11).
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/paging.hpp"
#include "net/routes.hpp"
#include "net/task_json.hpp"

#include <algorithm>

namespace callboard::net {

namespace {

std::string project_json(const project& row) {
  return json_object{}.members(row).done();
}

/// A task as far as its project shows it.
std::string nested_json(const task& row) {
  return json_object{}
      .put("id", row.id)
      .put("title", row.title.value_or(row.skill_name))
      .put("status", row.status)
      .put("priority", row.priority)
      .put("created_at", row.created_at)
      .put("updated_at", row.updated_at)
      .done();
}

void create_project(const exchange_ptr& x) {
  auto fields = x->read<project>(&rules::create);
  if (!fields)
    return;
  x->ask<changed<project>>(
      x->server().projects(),
      [x](const changed<project>& done) {
        auto& row = done.rows.front();
        x->header("Location", "/api/v1/projects/" + std::to_string(row.id));
        x->send(201, project_json(row));
      },
      atom::create_v, x->caller(), std::move(*fields));
}

/// Whose projects a list shows: the caller's; admins may name another or all.
int64_t owner_of_list(const exchange_ptr& x) {
  auto& query = x->query();
  auto all = query.boolean("all", false);
  auto owner = query.integer("user_id", x->caller().user_id, 1, far);
  return x->caller().is_admin() && all ? 0 : owner;
}

void list_projects(const exchange_ptr& x) {
  auto& query = x->query();
  project_query wanted;
  wanted.owner = owner_of_list(x);
  if (auto status = query.choice<project_status>("status"))
    wanted.status = name_of(*status);
  wanted.search = query.text("search", 255);
  wanted.sort_by
      = query.choice<project_order>("sort_by").value_or(project_order::newest);
  read_paging(query, wanted, 20, 100);
  if (!x->query_is_good())
    return;
  x->ask<page<project>>(
      x->server().projects(),
      [x, wanted](const page<project>& found) {
        x->send(200, page_json("projects", json_array(found.rows, project_json),
                               found.total, wanted));
      },
      atom::list_v, x->caller(), wanted);
}

void show_project(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  x->ask<project_detail>(
      x->server().projects(),
      [x](const project_detail& found) {
        x->send(200, json_object{}
                         .members(found.row)
                         .put_raw("tasks", json_array(found.tasks, nested_json))
                         .done());
      },
      atom::fetch_v, x->caller(), project_tasks_query{*id});
}

void update_project(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  auto changes = x->read<project>(&rules::update);
  if (!changes)
    return;
  x->ask<changed<project>>(
      x->server().projects(),
      [x](const changed<project>& done) {
        x->send(200, project_json(done.rows.front()));
      },
      atom::update_v, x->caller(), *id, std::move(*changes));
}

void delete_project(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  x->ask<changed<project>>(
      x->server().projects(),
      [x](const changed<project>&) { x->send(204, ""); }, atom::remove_v,
      x->caller(), *id);
}

void list_project_tasks(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  project_tasks_query wanted{*id};
  read_paging(x->query(), wanted, wanted.max_tasks, wanted.max_tasks);
  if (!x->query_is_good())
    return;
  x->ask<project_detail>(
      x->server().projects(),
      [x, wanted](const project_detail& found) {
        x->send(200, page_json("tasks", tasks_json(found.tasks),
                               found.row.tasks_count, wanted));
      },
      atom::fetch_v, x->caller(), wanted);
}

void reorder_tasks(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  auto wanted = x->read<task_ordering>(&rules::create);
  if (!wanted)
    return;
  x->ask<changed<task>>(
      x->server().tasks(),
      [x](const changed<task>& done) {
        auto total = static_cast<int64_t>(done.rows.size());
        x->send(200, json_object{}
                         .put_raw("tasks", tasks_json(done.rows))
                         .put("total", total)
                         .done());
      },
      atom::reorder_v, x->caller(), *id, std::move(wanted->values));
}

constexpr route table[] = {
    {verb::post, "/api/v1/projects", create_project},
    {verb::get, "/api/v1/projects", list_projects},
    {verb::get, "/api/v1/projects/{project_id}", show_project},
    {verb::put, "/api/v1/projects/{project_id}", update_project},
    {verb::patch, "/api/v1/projects/{project_id}", update_project},
    {verb::del, "/api/v1/projects/{project_id}", delete_project},
    {verb::get, "/api/v1/projects/{project_id}/tasks", list_project_tasks},
    {verb::post, "/api/v1/projects/{project_id}/tasks/reorder", reorder_tasks},
};

} // namespace

std::span<const route> project_routes() { return table; }

} // namespace callboard::net
