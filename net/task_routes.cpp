// The endpoints of scheduled tasks (rest-api section 5).
#include "net/answer_schemas.hpp"
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

constexpr parameter filters[] = {
    choice_in<task_status>("status", "deleted ones are listed by name only"),
    text_in("skill_name", "exact", 255),
    id_in("project_id", "in this project"),
    text_in("search", "a part of title, skill or description, in any case",
            255),
    text_in("user_id", "of this user; another than the caller: admins alone",
            255),
    flag_in("all", "of all users; counts for admins alone", false),
    choice_in("sort_by", "the order", std::optional{task_order::created_at}),
    choice_in("sort_order", "its direction", std::optional{sort_order::desc}),
};
constexpr auto list_paging = paging(20, 100);

/// Whose tasks a list shows: the caller's; admins may name another or all.
std::string owner_of_list(const exchange_ptr& x) {
  auto& query = x->query();
  auto owner = query.text("user_id");
  auto all = query.boolean("all");
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
  out.skill_name = query.text("skill_name");
  out.project_id = query.integer("project_id");
  out.search = query.text("search");
  out.sort_by = *query.choice<task_order>("sort_by");
  out.descending = query.choice<sort_order>("sort_order") == sort_order::desc;
  return out;
}

/// `Page`: a page of tasks, or one that is shared.
template <class Page, class F>
void ask_page(const exchange_ptr& x, const task_query& wanted, F on_page) {
  x->ask<Page>(x->server().tasks(), on_page, atom::list_v, x->caller(), wanted);
}

void list_tasks(const exchange_ptr& x) {
  auto wanted = read_filters(x);
  read_paging(x, "tasks", wanted);
  if (!x->query_is_good())
    return;
  using answer = shared_answer<page<task>>;
  ask_page<answer>(x, wanted, [x, wanted](answer found) {
    send_page(x, "tasks", std::move(found), wanted,
              [](auto& row) { return task_json(row); });
  });
}

void export_tasks(const exchange_ptr& x) {
  using job = list_export<task, task_query>;
  std::make_shared<job>(
      x, "tasks", read_filters(x),
      [x](const task_query& wanted, job::pages take) {
        ask_page<page<task>>(x, wanted, std::move(take));
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
      [x](changed<task> done) { send_tasks(x, std::move(done.rows)); },
      atom::update_v, x->caller(), std::move(wanted->values));
}

constexpr schema page_of_tasks{"TaskList", [](schema_book& all) {
                                 return page_schema(all, "tasks", task_schema);
                               }};
constexpr schema task_rows{"", array_schema<task_schema>};
constexpr schema deleted_schema{"TaskDeleted", [](schema_book&) {
                                  return object_schema{}
                                      .put("message", a_text)
                                      .put("task_id", an_integer)
                                      .put("status", choice_of({"deleted"}))
                                      .done();
                                }};

constexpr route update_route{
    .method = verb::put,
    .pattern = "/api/v1/tasks/{task_id}",
    .handle = update_task,
    .answer = answers::versioned,
    .id = "updateTask",
    .about = "Changes the given fields; a new schedule is due anew, and "
             "pending restores a deleted task",
    .body = takes<task, &rules::update>("TaskUpdate"),
    .gives = {{200, &task_schema}},
    .fails = {errc::bad_request, errc::forbidden}};

constexpr route table[] = {
    {.method = verb::post,
     .pattern = "/api/v1/tasks",
     .handle = create_task,
     .answer = answers::kept,
     .id = "createTask",
     .about = "Makes a task with a schedule, or with next_run_at alone: one "
              "that runs once",
     .body = takes<task, &rules::create>("TaskCreate"),
     .gives = {{201, &task_schema}},
     .fails = {errc::bad_request, errc::forbidden, errc::not_found}},
    {.method = verb::get,
     .pattern = "/api/v1/tasks",
     .handle = list_tasks,
     .id = "listTasks",
     .about = "Lists tasks",
     .query = {filters, list_paging},
     .gives = {{200, &page_of_tasks}},
     .fails = {errc::forbidden}},
    {.method = verb::get,
     .pattern = "/api/v1/tasks/export",
     .handle = export_tasks,
     .id = "exportTasks",
     .about = "The same list as a file of at most 10,000 rows",
     .query = {filters, export_parameters},
     .gives = {csv_answer, {200, &task_rows}},
     .fails = {errc::forbidden}},
    {.method = verb::post,
     .pattern = "/api/v1/tasks/status",
     .handle = set_task_status,
     .id = "setTaskStatus",
     .about = "Gives many tasks a status: all of them, or none",
     .body = takes<task_status_change, &rules::create>("TaskStatusChange"),
     .gives = {{200, &tasks_schema}},
     .fails = {errc::forbidden, errc::not_found}},
    {.method = verb::get,
     .pattern = "/api/v1/tasks/{task_id}",
     .handle = show_task,
     .answer = answers::versioned,
     .id = "getTask",
     .about = "Shows a task, deleted or not, with its ten newest runs",
     .gives = {{200, &task_schema}},
     .fails = {errc::forbidden}},
    update_route,
    same_as(update_route, verb::patch, "patchTask"),
    {.method = verb::del,
     .pattern = "/api/v1/tasks/{task_id}",
     .handle = delete_task,
     .answer = answers::versioned,
     .id = "deleteTask",
     .about = "Marks a task as deleted; again is the same",
     .gives = {{200, &deleted_schema}},
     .fails = {errc::forbidden}},
};

} // namespace

std::span<const route> task_routes() { return table; }

} // namespace callboard::net
