// All about a user, to take along or to erase: for the user, and for admins.
#include "net/json_answer.hpp"
#include "net/password_check.hpp"
#include "net/routes.hpp"

namespace callboard::net {

namespace {

template <class T>
std::string rows_json(const std::vector<T>& x) {
  return json_array(x, row_json<T>);
}

std::string personal_data_json(const personal_data& x) {
  return json_object{}
      .put("exported_at", now())
      .put_raw("user", row_json(x.account))
      .put_raw("sessions", rows_json(x.sessions))
      .put_raw("projects", rows_json(x.projects))
      .put_raw("tasks", rows_json(x.tasks))
      .put_raw("executions", rows_json(x.executions))
      .put_raw("agents", rows_json(x.agents))
      .put_raw("memory", rows_json(x.memory))
      .put_raw("audit", rows_json(x.audit))
      .put("truncated", text_list{x.truncated})
      .done();
}

void send_personal_data(const exchange_ptr& x, int64_t id) {
  x->ask<personal_data>(
      x->server().users(),
      [x, id](const personal_data& found) {
        x->header("Content-Disposition", "attachment; filename=\"user-"
                                             + std::to_string(id) + ".json\"");
        x->send(200, personal_data_json(found));
      },
      atom::list_v, x->caller(), personal_data_query{id});
}

void erase(const exchange_ptr& x, int64_t id) {
  x->ask<user>(
      x->server().users(),
      [x, id](const user&) {
        x->send(200, json_object{}
                         .put("message", "Account erased")
                         .put("user_id", id)
                         .done());
      },
      atom::remove_v, x->caller(), id);
}

void export_own(const exchange_ptr& x) {
  send_personal_data(x, x->caller().user_id);
}

void export_user(const exchange_ptr& x) {
  if (auto id = x->id("User"))
    send_personal_data(x, *id);
}

/// A stolen access token is not enough.
void erase_own(const exchange_ptr& x) {
  auto given = x->read<farewell>(&rules::create);
  if (!given)
    return;
  compare_password(x, {x->account().username, given->values.password},
                   x->account().hashed_password, [x](bool good) {
                     if (good)
                       erase(x, x->caller().user_id);
                     else
                       x->fail(errc::bad_request, "Password is incorrect");
                   });
}

void erase_user(const exchange_ptr& x) {
  if (auto id = x->id("User"))
    erase(x, *id);
}

constexpr route table[] = {
    {verb::get, "/api/v1/auth/me/export", export_own, access::user,
     bucket::standard, answers::secret},
    {verb::del, "/api/v1/auth/me", erase_own, access::user, bucket::auth,
     answers::secret},
    {verb::get, "/api/v1/admin/users/{user_id}/export", export_user,
     access::admin, bucket::standard, answers::secret},
    {verb::del, "/api/v1/admin/users/{user_id}", erase_user, access::admin,
     bucket::standard, answers::secret},
};

} // namespace

std::span<const route> personal_data_routes() { return table; }

} // namespace callboard::net
