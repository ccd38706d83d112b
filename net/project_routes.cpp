// The endpoints of projects (rest-api sections 6 and 11).
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/paging.hpp"
#include "net/routes.hpp"
#include "net/versioned_answer.hpp"
#include "protocols/task_answer.hpp"

namespace callboard::net {

namespace {

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
      [x](const changed<project>& done) { x->send(done.kept); }, atom::create_v,
      x->caller(), std::move(*fields));
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
  read_paging(x, "projects", wanted, 20, 100);
  if (!x->query_is_good())
    return;
  x->ask<page<project>>(
      x->server().projects(),
      [x, wanted](const page<project>& found) {
        x->send(200,
                page_json(*x, "projects", found, wanted, row_json<project>));
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
        auto text = json_object{}
                        .members(found.row)
                        .put_raw("tasks", json_array(found.tasks, nested_json))
                        .done();
        send_versioned(*x, found.row, std::move(text));
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
        auto& row = done.rows.front();
        send_versioned(*x, row, row_json(row));
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
  read_slice(x->query(), wanted, wanted.max_tasks, wanted.max_tasks);
  if (!x->query_is_good())
    return;
  x->ask<project_detail>(
      x->server().projects(),
      [x, wanted](const project_detail& found) {
        auto total = found.row.tasks_count;
        x->send(200, json_object{}
                         .put_raw("tasks", tasks_json(found.tasks))
                         .put("total", total)
                         .put("limit", wanted.limit)
                         .put("offset", wanted.offset)
                         .put("has_more", wanted.offset + wanted.limit < total)
                         .done());
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
    {verb::post, "/api/v1/projects", create_project, access::user,
     bucket::standard, answers::kept},
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
