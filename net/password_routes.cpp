// Changing a password, and setting one with a code of an admin (rest-api
// section 4).
#include "net/answer_schemas.hpp"
#include "net/json_answer.hpp"
#include "net/password_check.hpp"
#include "net/routes.hpp"
#include "protocols/digest.hpp"

namespace callboard::net {

namespace {

void send_changed(const exchange_ptr& x) {
  x->send(200, message_json("Password changed successfully"));
}

// -- change -------------------------------------------------------------------

void store_password(const exchange_ptr& x, std::string hash) {
  x->ask<user>(
      x->server().users(), [x](const user&) { send_changed(x); },
      atom::password_v, x->caller(), x->caller().user_id,
      x->account().hashed_password, std::move(hash), x->family());
}

void change_password(const exchange_ptr& x) {
  auto given = x->read<password_change>(&rules::create);
  if (!given)
    return;
  auto& body = given->values;
  compare_password(
      x, {x->account().username, body.current_password},
      x->account().hashed_password, [x, next = body.new_password](bool good) {
        if (!good)
          return x->fail(errc::bad_request, "Current password is incorrect");
        x->ask<std::string>(
            x->server().passwords(),
            [x](std::string hash) { store_password(x, std::move(hash)); },
            atom::hash_v, x->caller(), next);
      });
}

// -- reset --------------------------------------------------------------------

void use_code(const exchange_ptr& x, const password_reset& given, int64_t id,
              std::string hash) {
  x->try_ask<user>(
      x->server().users(),
      [x, name = given.username](caf::expected<user> row) {
        // A wrong code stays counted as a failed attempt.
        if (row || classify(row.error()) != errc::bad_request)
          end_attempt(x, name, static_cast<bool>(row));
        if (!row)
          return x->fail(row.error());
        send_changed(x);
      },
      atom::reset_v, x->caller(), id, sha256_hex(given.code), std::move(hash));
}

/// The same work for every name: `id` 0 is that of nobody.
void hash_new(const exchange_ptr& x, const password_reset& given, int64_t id) {
  x->try_ask<std::string>(
      x->server().passwords(),
      [x, given, id](caf::expected<std::string> hash) {
        if (hash)
          return use_code(x, given, id, std::move(*hash));
        end_attempt(x, given.username, false);
        x->fail(hash.error());
      },
      atom::hash_v, x->caller(), given.new_password);
}

void reset_password(const exchange_ptr& x) {
  auto body = x->read<password_reset>(&rules::create);
  if (!body)
    return;
  begin_attempt(x, body->values.username, [x, given = body->values] {
    x->try_ask<user>(
        x->server().users(),
        [x, given](caf::expected<user> found) {
          if (found || classify(found.error()) == errc::not_found)
            return hash_new(x, given, found ? found->id : 0);
          end_attempt(x, given.username, false);
          x->fail(found.error());
        },
        atom::find_v, x->caller(), given.username);
  });
}

constexpr route table[] = {
    {.method = verb::post,
     .pattern = "/api/v1/auth/change-password",
     .handle = change_password,
     .limit = bucket::auth,
     .answer = answers::secret,
     .id = "changePassword",
     .about = "Changes the caller's password and ends all other sessions",
     .body = takes<password_change, &rules::create>("PasswordChange"),
     .gives = {{200, &message_schema}},
     .fails = {errc::bad_request, errc::conflict, errc::too_many_requests}},
    {.method = verb::post,
     .pattern = "/api/v1/auth/reset-password",
     .handle = reset_password,
     .who = access::open,
     .limit = bucket::auth,
     .answer = answers::secret,
     .id = "resetPassword",
     .about = "Sets a password with a code that an admin gave out, and ends "
              "all sessions",
     .body = takes<password_reset, &rules::create>("PasswordReset"),
     .gives = {{200, &message_schema}},
     .fails = {errc::bad_request, errc::too_many_requests}},
};

} // namespace

std::span<const route> password_routes() { return table; }

} // namespace callboard::net
