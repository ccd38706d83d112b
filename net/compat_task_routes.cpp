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

void list_tasks(const exchange_ptr& x) {
  auto& query = x->query();
  task_query wanted;
  wanted.owner = query.text("user_id", 255);
  if (wanted.owner.empty())
    wanted.owner = x->caller().actor();
  wanted.project_id = id_in(query, "projectId");
  wanted.limit = max_dashboard_rows;
  if (!x->query_is_good())
    return;
  x->ask<page<task>>(
      x->server().tasks(),
      [x](const page<task>& found) { send_rows(*x, found.rows); }, atom::list_v,
      x->caller(), wanted);
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

constexpr auto envelope = answers::enveloped;

constexpr route table[] = {
    {verb::get, "/api/tasks", list_tasks, access::user, bucket::standard,
     envelope},
    {verb::post, "/api/tasks", create_task, access::user, bucket::standard,
     envelope},
    {verb::get, "/api/tasks/{task_id}", show_task, access::user,
     bucket::standard, envelope},
    {verb::put, "/api/tasks/{task_id}", update_task, access::user,
     bucket::standard, envelope},
    {verb::patch, "/api/tasks/{task_id}", update_task, access::user,
     bucket::standard, envelope},
    {verb::del, "/api/tasks/{task_id}", delete_task, access::user,
     bucket::standard, envelope},
    {verb::post, "/api/tasks/{task_id}/run", run_task, access::user,
     bucket::standard, envelope},
};

} // namespace

std::span<const route> compat_task_routes() { return table; }

} // namespace callboard::net
