// The dashboard's projects (rest-api section 12).
#include "net/compat.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

void list_projects(const exchange_ptr& x) {
  project_query wanted;
  wanted.owner = x->caller().user_id;
  wanted.limit = max_dashboard_rows;
  wanted.complete = true;
  x->ask<page<project>>(
      x->server().projects(),
      [x](page<project> found) { send_rows(x, std::move(found.rows)); },
      atom::list_v, x->caller(), wanted);
}

void create_project(const exchange_ptr& x) {
  auto fields = x->read<project>(&rules::create, rewrite_project);
  if (!fields)
    return;
  answer_changed<project>(x, 201, x->server().projects(), atom::create_v,
                          x->caller(), std::move(*fields));
}

/// What a change has left does not count the project's agents.
void answer_with(const exchange_ptr& x, int64_t id) {
  x->ask<project_detail>(
      x->server().projects(),
      [x](const project_detail& found) {
        send_data(*x, 200, dashboard_json(found.row));
      },
      atom::fetch_v, x->caller(), project_tasks_query{id, 1, 0, true});
}

void show_project(const exchange_ptr& x) {
  if (auto id = x->id("Project"))
    answer_with(x, *id);
}

void update_project(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  auto changes = x->read<project>(&rules::update, rewrite_project);
  if (!changes)
    return;
  x->ask<changed<project>>(
      x->server().projects(),
      [x, id = *id](const changed<project>&) { answer_with(x, id); },
      atom::update_v, x->caller(), *id, std::move(*changes));
}

void delete_project(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  x->ask<changed<project>>(
      x->server().projects(),
      [x](const changed<project>&) { send_data(*x, 200); }, atom::remove_v,
      x->caller(), *id);
}

/// In order, counted from 1, between two texts.
void send_ordered(const exchange_ptr& x, std::string before,
                  std::vector<task> rows, std::string after) {
  send_list(
      x, std::move(before), std::move(rows),
      [order = int64_t{0}](auto& row) mutable {
        return dashboard_json(row, ++order);
      },
      std::move(after));
}

/// The one answer without an envelope: its reader wraps it itself.
void list_tasks(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  x->ask<project_detail>(
      x->server().projects(),
      [x](project_detail found) {
        send_ordered(x, {}, std::move(found.tasks), {});
      },
      atom::fetch_v, x->caller(), project_tasks_query{*id, max_dashboard_rows});
}

void reorder_tasks(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  auto wanted = x->read<task_ordering>(&rules::create, rewrite_ordering);
  if (!wanted)
    return;
  x->ask<changed<task>>(
      x->server().tasks(),
      [x](changed<task> done) {
        send_ordered(x, before_data, std::move(done.rows), behind_data);
      },
      atom::reorder_v, x->caller(), *id, std::move(wanted->values));
}

constexpr auto one_project = &one_row<dashboard_project_schema>;

/// The one answer without an envelope.
constexpr schema bare_tasks{"", array_schema<dashboard_task_schema>};

constexpr route update_route{
    .method = verb::patch,
    .pattern = "/api/projects/{project_id}",
    .handle = update_project,
    .answer = answers::enveloped,
    .id = "compatPatchProject",
    .about = "Changes the given members",
    .body = takes<project, &rules::update>(dashboard_project_input),
    .gives = {{200, one_project}},
    .fails = {errc::bad_request, errc::forbidden}};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/projects",
     .handle = list_projects,
     .answer = answers::enveloped,
     .id = "compatListProjects",
     .about = "Lists the caller's projects, at most 1000",
     .gives = {{200, &many_rows<dashboard_project_schema>}}},
    {.method = verb::post,
     .pattern = "/api/projects",
     .handle = create_project,
     .answer = answers::enveloped,
     .id = "compatCreateProject",
     .about = "Makes a project",
     .body = takes<project, &rules::create>(dashboard_project_input),
     .gives = {{201, one_project}}},
    {.method = verb::get,
     .pattern = "/api/projects/{project_id}",
     .handle = show_project,
     .answer = answers::enveloped,
     .id = "compatGetProject",
     .about = "Shows a project",
     .gives = {{200, one_project}},
     .fails = {errc::forbidden}},
    update_route,
    same_as(update_route, verb::put, "compatPutProject"),
    {.method = verb::del,
     .pattern = "/api/projects/{project_id}",
     .handle = delete_project,
     .answer = answers::enveloped,
     .id = "compatDeleteProject",
     .about = "Marks a project and its tasks as deleted",
     .gives = {{200, &done_schema}},
     .fails = {errc::forbidden}},
    {.method = verb::get,
     .pattern = "/api/projects/{project_id}/tasks",
     .handle = list_tasks,
     .answer = answers::enveloped,
     .id = "compatListProjectTasks",
     .about = "Lists a project's tasks in order, as a bare array: its reader "
              "wraps it itself",
     .gives = {{200, &bare_tasks}},
     .fails = {errc::forbidden}},
    {.method = verb::post,
     .pattern = "/api/projects/{project_id}/tasks/reorder",
     .handle = reorder_tasks,
     .answer = answers::enveloped,
     .id = "compatReorderTasks",
     .about = "Puts these tasks first, in this order",
     .body = takes<task_ordering, &rules::create>(dashboard_ordering_input),
     .gives = {{200, &many_rows<dashboard_task_schema>}},
     .fails = {errc::forbidden}},
};

} // namespace

std::span<const route> compat_project_routes() { return table; }

} // namespace callboard::net
