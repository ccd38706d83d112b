// All about a user, to take along or to erase: for the user, and for admins.
#include "net/answer_schemas.hpp"
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
      [x](const personal_data& found) {
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

std::string data_schema(schema_book& all) {
  return object_schema{}
      .put("exported_at", an_instant)
      .put("user", all.use(user_schema))
      .put("sessions", array_of(row_schema<refresh_token>(all)))
      .put("projects", array_of(row_schema<project>(all)))
      .put("tasks", array_of(row_schema<task>(all)))
      .put("executions", array_of(row_schema<execution>(all)))
      .put("agents", array_of(row_schema<agent>(all)))
      .put("memory", array_of(row_schema<memory_entry>(all)))
      .put("audit", array_of(row_schema<audit_entry>(all)))
      .put("truncated", array_of(a_text))
      .done();
}

constexpr schema personal_data_schema{"PersonalData", data_schema};
constexpr schema erased_schema{"UserErased", [](schema_book&) {
                                 return object_schema{}
                                     .put("message", a_text)
                                     .put("user_id", an_integer)
                                     .done();
                               }};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/v1/auth/me/export",
     .handle = export_own,
     .answer = answers::secret,
     .id = "exportMe",
     .about = "Everything about the caller in one document",
     .gives = {{200, &personal_data_schema}}},
    {.method = verb::del,
     .pattern = "/api/v1/auth/me",
     .handle = erase_own,
     .limit = bucket::auth,
     .answer = answers::secret,
     .id = "eraseMe",
     .about = "Erases the caller's account and all that belongs to it",
     .body = takes<farewell, &rules::create>("Farewell"),
     .gives = {{200, &erased_schema}},
     .fails = {errc::bad_request, errc::conflict, errc::too_many_requests}},
    {.method = verb::get,
     .pattern = "/api/v1/admin/users/{user_id}/export",
     .handle = export_user,
     .who = access::admin,
     .answer = answers::secret,
     .id = "exportUser",
     .about = "Everything about a user in one document",
     .gives = {{200, &personal_data_schema}}},
    {.method = verb::del,
     .pattern = "/api/v1/admin/users/{user_id}",
     .handle = erase_user,
     .who = access::admin,
     .answer = answers::secret,
     .id = "eraseUser",
     .about = "Erases an account and all that belongs to it",
     .gives = {{200, &erased_schema}},
     .fails = {errc::conflict}},
};

} // namespace

std::span<const route> personal_data_routes() { return table; }

} // namespace callboard::net
