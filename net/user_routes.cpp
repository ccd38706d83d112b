// Accounts as admins see them.
#include "net/answer_schemas.hpp"
#include "net/json_answer.hpp"
#include "net/paging.hpp"
#include "net/routes.hpp"
#include "protocols/digest.hpp"

namespace callboard {

/// A flag that may be left out.
enum class truth : uint8_t { no, yes };
template <>
inline constexpr auto
    enum_names<truth> = std::to_array<std::string_view>({"false", "true"});

} // namespace callboard

namespace callboard::net {

namespace {

constexpr std::chrono::hours code_lifetime{24};

constexpr parameter filters[] = {
    text_in("search",
            "the beginning of the name, or of the address in any case", 255),
    choice_in<role>("role", "of this role"),
    choice_in<truth>("is_active", "active ones, or the others"),
};
constexpr auto list_paging = paging(50, 1000);

user_query read_filters(const exchange_ptr& x) {
  auto& query = x->query();
  user_query out;
  out.search = query.text("search");
  if (auto as = query.choice<role>("role"))
    out.role = name_of(*as);
  if (auto active = query.choice<truth>("is_active"))
    out.active = name_of(*active);
  return out;
}

void list_users(const exchange_ptr& x) {
  auto wanted = read_filters(x);
  read_paging(x, "users", wanted);
  if (!x->query_is_good())
    return;
  x->ask<shared_answer<page<user>>>(
      x->server().users(),
      [x, wanted](shared_answer<page<user>> found) {
        send_page(x, "users", std::move(found), wanted, row_json<user>);
      },
      atom::list_v, x->caller(), wanted);
}

void show_user(const exchange_ptr& x) {
  auto id = x->id("User");
  if (!id)
    return;
  x->try_ask<user>(
      x->server().users(),
      [x, id = *id](const caf::expected<user>& row) {
        if (row)
          x->send(200, row_json(*row));
        else if (classify(row.error()) == errc::not_found)
          x->fail(errc::not_found, "User " + std::to_string(id) + " not found");
        else
          x->fail(row.error());
      },
      atom::fetch_v, x->caller(), *id);
}

void change_user(const exchange_ptr& x) {
  auto id = x->id("User");
  if (!id)
    return;
  auto changes = x->read<account_change>(&rules::update);
  if (!changes)
    return;
  if (changes->empty())
    return x->fail(errc::bad_request, "No fields to update");
  x->ask<user>(
      x->server().users(),
      [x](const user& row) { x->send(200, row_json(row)); }, atom::update_v,
      x->caller(), *id, std::move(*changes));
}

/// The code is shown once; what is stored is its digest.
void offer_reset(const exchange_ptr& x) {
  auto id = x->id("User");
  if (!id)
    return;
  auto code = base64url(random_bytes(18));
  auto until = now() + std::chrono::milliseconds{code_lifetime};
  x->ask<user>(
      x->server().users(),
      [x, code, until](const user& row) {
        x->send(201, json_object{}
                         .put("user_id", row.id)
                         .put("username", row.username)
                         .put("code", code)
                         .put("expires_at", until)
                         .done());
      },
      atom::reset_v, x->caller(), *id, sha256_hex(code), until);
}

constexpr schema page_of_users{"UserList", [](schema_book& all) {
                                 return page_schema(all, "users", user_schema);
                               }};
constexpr schema code_schema{"ResetCode", [](schema_book&) {
                               return object_schema{}
                                   .put("user_id", an_integer)
                                   .put("username", a_text)
                                   .put("code", a_text)
                                   .put("expires_at", an_instant)
                                   .done();
                             }};

constexpr route change_route{
    .method = verb::patch,
    .pattern = "/api/v1/admin/users/{user_id}",
    .handle = change_user,
    .who = access::admin,
    .answer = answers::secret,
    .id = "patchUser",
    .about = "Changes role and activity; who is not active has no sessions",
    .body = takes<account_change, &rules::update>("AccountChange"),
    .gives = {{200, &user_schema}},
    .fails = {errc::bad_request, errc::conflict}};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/v1/admin/users",
     .handle = list_users,
     .who = access::admin,
     .answer = answers::secret,
     .id = "listUsers",
     .about = "Lists accounts, the newest first",
     .query = {filters, list_paging},
     .gives = {{200, &page_of_users}}},
    {.method = verb::get,
     .pattern = "/api/v1/admin/users/{user_id}",
     .handle = show_user,
     .who = access::admin,
     .answer = answers::secret,
     .id = "getUser",
     .about = "Shows an account",
     .gives = {{200, &user_schema}}},
    change_route,
    same_as(change_route, verb::put, "updateUser"),
    {.method = verb::post,
     .pattern = "/api/v1/admin/users/{user_id}/reset-code",
     .handle = offer_reset,
     .who = access::admin,
     .answer = answers::secret,
     .id = "createResetCode",
     .about = "Gives a code, good for a day, with which the user can set a "
              "password",
     .gives = {{201, &code_schema}},
     .fails = {errc::conflict}},
};

} // namespace

std::span<const route> user_routes() { return table; }

} // namespace callboard::net
