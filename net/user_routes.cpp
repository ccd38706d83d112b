// Accounts as admins see them.
#include "net/json_answer.hpp"
#include "net/paging.hpp"
#include "net/routes.hpp"
#include "protocols/digest.hpp"

namespace callboard::net {

namespace {

constexpr std::chrono::hours code_lifetime{24};

user_query read_filters(const exchange_ptr& x) {
  auto& query = x->query();
  user_query out;
  out.search = query.text("search", 255);
  if (auto as = query.choice<role>("role"))
    out.role = name_of(*as);
  if (query.has("is_active"))
    out.active = query.boolean("is_active", true) ? "true" : "false";
  return out;
}

void list_users(const exchange_ptr& x) {
  auto wanted = read_filters(x);
  read_paging(x, "users", wanted, 50, 1000);
  if (!x->query_is_good())
    return;
  x->ask<page<user>>(
      x->server().users(),
      [x, wanted](const page<user>& found) {
        x->send(200, page_json(*x, "users", found, wanted, row_json<user>));
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

constexpr route table[] = {
    {verb::get, "/api/v1/admin/users", list_users, access::admin,
     bucket::standard, answers::secret},
    {verb::get, "/api/v1/admin/users/{user_id}", show_user, access::admin,
     bucket::standard, answers::secret},
    {verb::put, "/api/v1/admin/users/{user_id}", change_user, access::admin,
     bucket::standard, answers::secret},
    {verb::patch, "/api/v1/admin/users/{user_id}", change_user, access::admin,
     bucket::standard, answers::secret},
    {verb::post, "/api/v1/admin/users/{user_id}/reset-code", offer_reset,
     access::admin, bucket::standard, answers::secret},
};

} // namespace

std::span<const route> user_routes() { return table; }

} // namespace callboard::net
