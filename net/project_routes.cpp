// The endpoints of projects (rest-api sections 6 and 11).
#include "net/answer_schemas.hpp"
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

constexpr schema nested_schema{
    "TaskSummary", [](schema_book&) {
      return object_schema{}
          .put("id", an_integer)
          .put("title", a_text)
          .put("status", schema_maker<task_status>::make(nullptr).text())
          .put("priority", schema_maker<task_priority>::make(nullptr).text())
          .put("created_at", an_instant)
          .put("updated_at", an_instant)
          .done();
    }};

void create_project(const exchange_ptr& x) {
  auto fields = x->read<project>(&rules::create);
  if (!fields)
    return;
  x->ask<changed<project>>(
      x->server().projects(),
      [x](const changed<project>& done) { x->send(done.kept); }, atom::create_v,
      x->caller(), std::move(*fields));
}

constexpr parameter filters[] = {
    choice_in<project_status>("status", "with this one alone"),
    text_in("search", "a part of name or description, in any case", 255),
    id_in("user_id", "of this user; another than the caller: admins alone"),
    flag_in("all", "of all users; counts for admins alone", false),
    choice_in("sort_by", "the order; - means descending",
              std::optional{project_order::newest}),
};
constexpr auto list_paging = paging(20, 100);

/// Whose projects a list shows: the caller's; admins may name another or all.
int64_t owner_of_list(const exchange_ptr& x) {
  auto& query = x->query();
  auto all = query.boolean("all");
  auto owner = query.integer("user_id", x->caller().user_id);
  return x->caller().is_admin() && all ? 0 : owner;
}

void list_projects(const exchange_ptr& x) {
  auto& query = x->query();
  project_query wanted;
  wanted.owner = owner_of_list(x);
  if (auto status = query.choice<project_status>("status"))
    wanted.status = name_of(*status);
  wanted.search = query.text("search");
  wanted.sort_by = *query.choice<project_order>("sort_by");
  read_paging(x, "projects", wanted);
  if (!x->query_is_good())
    return;
  x->ask<shared_answer<page<project>>>(
      x->server().projects(),
      [x, wanted](shared_answer<page<project>> found) {
        send_page(x, "projects", std::move(found), wanted, row_json<project>);
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

constexpr auto board
    = slice(project_tasks_query::max_tasks, project_tasks_query::max_tasks);

void list_project_tasks(const exchange_ptr& x) {
  auto id = x->id("Project");
  if (!id)
    return;
  project_tasks_query wanted{*id};
  read_slice(x->query(), wanted);
  if (!x->query_is_good())
    return;
  x->ask<project_detail>(
      x->server().projects(),
      [x, wanted](project_detail found) {
        auto total = found.row.tasks_count;
        auto after = json_object{}
                         .put("total", total)
                         .put("limit", wanted.limit)
                         .put("offset", wanted.offset)
                         .put("has_more", wanted.offset + wanted.limit < total)
                         .done();
        send_list(
            x, up_to_list("{}", "tasks"), std::move(found.tasks),
            [](auto& row) { return task_json(row); },
            behind_list(std::move(after)));
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
      [x](changed<task> done) { send_tasks(x, std::move(done.rows)); },
      atom::reorder_v, x->caller(), *id, std::move(wanted->values));
}

constexpr schema project_schema{"Project", row_schema<project>};
constexpr schema detail_schema{"ProjectDetail", [](schema_book& all) {
                                 return object_schema{}
                                     .members<project>()
                                     .put("tasks",
                                          array_of(all.use(nested_schema)))
                                     .done();
                               }};
constexpr schema page_of_projects{"ProjectList", [](schema_book& all) {
                                    return page_schema(all, "projects",
                                                       project_schema);
                                  }};
constexpr schema board_schema{"ProjectTasks", [](schema_book& all) {
                                return object_schema{}
                                    .put("tasks",
                                         array_of(all.use(task_schema)))
                                    .put("total", a_count)
                                    .put("limit", a_count)
                                    .put("offset", a_count)
                                    .put("has_more", a_boolean)
                                    .done();
                              }};

constexpr route update_route{
    .method = verb::put,
    .pattern = "/api/v1/projects/{project_id}",
    .handle = update_project,
    .answer = answers::versioned,
    .id = "updateProject",
    .about = "Changes the given fields; an admin restores a deleted project "
             "by giving it a status",
    .body = takes<project, &rules::update>("ProjectUpdate"),
    .gives = {{200, &project_schema}},
    .fails = {errc::bad_request, errc::forbidden}};

constexpr route table[] = {
    {.method = verb::post,
     .pattern = "/api/v1/projects",
     .handle = create_project,
     .answer = answers::kept,
     .id = "createProject",
     .about = "Makes a project; texts are trimmed",
     .body = takes<project, &rules::create>("ProjectCreate"),
     .gives = {{201, &project_schema}}},
    {.method = verb::get,
     .pattern = "/api/v1/projects",
     .handle = list_projects,
     .id = "listProjects",
     .about = "Lists projects, deleted ones never",
     .query = {filters, list_paging},
     .gives = {{200, &page_of_projects}},
     .fails = {errc::forbidden}},
    {.method = verb::get,
     .pattern = "/api/v1/projects/{project_id}",
     .handle = show_project,
     .answer = answers::versioned,
     .id = "getProject",
     .about = "Shows a project with its tasks, by position, then id",
     .gives = {{200, &detail_schema}},
     .fails = {errc::forbidden}},
    update_route,
    same_as(update_route, verb::patch, "patchProject"),
    {.method = verb::del,
     .pattern = "/api/v1/projects/{project_id}",
     .handle = delete_project,
     .answer = answers::versioned,
     .id = "deleteProject",
     .about = "Marks a project and its tasks as deleted",
     .gives = {{204}},
     .fails = {errc::forbidden}},
    {.method = verb::get,
     .pattern = "/api/v1/projects/{project_id}/tasks",
     .handle = list_project_tasks,
     .id = "listProjectTasks",
     .about = "Lists a project's tasks whole, by position, then id",
     .query = {board},
     .gives = {{200, &board_schema}},
     .fails = {errc::forbidden}},
    {.method = verb::post,
     .pattern = "/api/v1/projects/{project_id}/tasks/reorder",
     .handle = reorder_tasks,
     .id = "reorderProjectTasks",
     .about = "Puts these tasks first, in this order; all others follow as "
              "they stood",
     .body = takes<task_ordering, &rules::create>("TaskOrdering"),
     .gives = {{200, &tasks_schema}},
     .fails = {errc::forbidden}},
};

} // namespace

std::span<const route> project_routes() { return table; }

} // namespace callboard::net
