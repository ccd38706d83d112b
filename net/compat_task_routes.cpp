// The dashboard's tasks (rest-api section 12).
#include "net/compat.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

/// Asks for the task; one that is deleted is not there (D8).
void answer_with(const exchange_ptr& x, int64_t id, unsigned status) {
  x->ask<task_detail>(
      x->server().tasks(),
      [x, id, status](const task_detail& found) {
        if (found.row.status == task_status::deleted)
          return x->fail(errc::not_found,
                         "Task " + std::to_string(id) + " not found");
        send_data(*x, status, dashboard_json(found.row));
      },
      atom::fetch_v, x->caller(), id);
}

constexpr parameter filters[] = {
    text_in("user_id", "of this user; another than the caller: admins alone",
            255),
    dashboard_id_in("projectId", "in this project; empty: in any"),
};

void list_tasks(const exchange_ptr& x) {
  auto& query = x->query();
  task_query wanted;
  wanted.owner = query.text("user_id");
  if (wanted.owner.empty())
    wanted.owner = x->caller().actor();
  wanted.project_id = query.dashboard_id("projectId");
  wanted.limit = max_dashboard_rows;
  if (!x->query_is_good())
    return;
  x->ask<page<task>>(
      x->server().tasks(),
      [x](page<task> found) { send_rows(x, std::move(found.rows)); },
      atom::list_v, x->caller(), wanted);
}

void create_task(const exchange_ptr& x) {
  auto fields = x->read<task>(
      &rules::create, [](json_document& body) { rewrite_task(body, true); });
  if (!fields)
    return;
  answer_changed<task>(x, 201, x->server().tasks(), atom::create_v, x->caller(),
                       std::move(*fields));
}

void show_task(const exchange_ptr& x) {
  if (auto id = x->id("Task"))
    answer_with(x, *id, 200);
}

void update_task(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  std::optional<timestamp> seen;
  auto changes = x->read<task>(&rules::update, [&](json_document& body) {
    seen = updated_at_of(body);
    rewrite_task(body, false);
  });
  if (!changes)
    return;
  if (seen)
    changes->give(&task::updated_at, *seen);
  answer_changed<task>(x, 200, x->server().tasks(), atom::update_v, x->caller(),
                       *id, std::move(*changes));
}

void delete_task(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  x->ask<changed<task>>(
      x->server().tasks(), [x](const changed<task>&) { send_data(*x, 200); },
      atom::remove_v, x->caller(), *id);
}

void run_task(const exchange_ptr& x) {
  auto id = x->id("Task");
  if (!id)
    return;
  x->ask<changed<execution>>(
      x->server().executions(),
      [x, id = *id](const changed<execution>&) { answer_with(x, id, 202); },
      atom::run_v, x->caller(), *id);
}

constexpr auto one_task = &one_row<dashboard_task_schema>;
constexpr auto tasks = &many_rows<dashboard_task_schema>;

constexpr route update_route{
    .method = verb::patch,
    .pattern = "/api/tasks/{task_id}",
    .handle = update_task,
    .answer = answers::enveloped,
    .id = "compatPatchTask",
    .about = "Changes the given members; an updatedAt that is not newer than "
             "the row's is an echo and changes nothing",
    .body = takes<task, &rules::update>(dashboard_task_input),
    .gives = {{200, one_task}},
    .fails = {errc::bad_request, errc::forbidden}};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/tasks",
     .handle = list_tasks,
     .answer = answers::enveloped,
     .id = "compatListTasks",
     .about = "Lists the caller's tasks, at most 1000",
     .query = {filters},
     .gives = {{200, tasks}},
     .fails = {errc::forbidden}},
    {.method = verb::post,
     .pattern = "/api/tasks",
     .handle = create_task,
     .answer = answers::enveloped,
     .id = "compatCreateTask",
     .about = "Makes a task; without a skill it is unassigned",
     .body = takes<task, &rules::create>(dashboard_task_input),
     .gives = {{201, one_task}},
     .fails = {errc::bad_request, errc::forbidden, errc::not_found}},
    {.method = verb::get,
     .pattern = "/api/tasks/{task_id}",
     .handle = show_task,
     .answer = answers::enveloped,
     .id = "compatGetTask",
     .about = "Shows a task; a deleted one is 404",
     .gives = {{200, one_task}},
     .fails = {errc::forbidden}},
    update_route,
    same_as(update_route, verb::put, "compatPutTask"),
    {.method = verb::del,
     .pattern = "/api/tasks/{task_id}",
     .handle = delete_task,
     .answer = answers::enveloped,
     .id = "compatDeleteTask",
     .about = "Marks a task as deleted",
     .gives = {{200, &done_schema}},
     .fails = {errc::forbidden}},
    {.method = verb::post,
     .pattern = "/api/tasks/{task_id}/run",
     .handle = run_task,
     .answer = answers::enveloped,
     .id = "compatRunTask",
     .about = "Runs a task now",
     .gives = {{202, one_task}},
     .fails = {errc::forbidden, errc::conflict}},
};

} // namespace

std::span<const route> compat_task_routes() { return table; }

} // namespace callboard::net
