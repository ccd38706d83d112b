// Registration, login, rotation, profile (rest-api section 4).
#include "net/answer_schemas.hpp"
#include "net/exchange.hpp"
#include "net/json_answer.hpp"
#include "net/password_check.hpp"
#include "net/routes.hpp"
#include "net/tokens.hpp"
#include "protocols/digest.hpp"
#include "protocols/jwt.hpp"

namespace callboard::net {

namespace {

std::string user_json(const user& account) {
  return json_object{}.members(account).done();
}

// -- register -----------------------------------------------------------------

void store_account(const exchange_ptr& x, const registration& given,
                   std::string hash) {
  user account;
  account.username = given.username;
  account.email = given.email;
  account.full_name = given.full_name;
  account.hashed_password = std::move(hash);
  x->ask<user>(
      x->server().users(),
      [x](const user& stored) { x->send(201, user_json(stored)); },
      atom::create_v, x->caller(), std::move(account));
}

void register_account(const exchange_ptr& x) {
  auto given = x->read<registration>(&rules::create);
  if (!given)
    return;
  auto& body = given->values;
  x->ask<std::string>(
      x->server().passwords(),
      [x, body](std::string hash) { store_account(x, body, std::move(hash)); },
      atom::hash_v, x->caller(), body.password);
}

// -- login --------------------------------------------------------------------

void send_login(const exchange_ptr& x, const user& account,
                const refresh_token& row) {
  x->send(200, "{\"user\":" + user_json(account) + ','
                   + token_members(x->server().settings, account, row) + '}');
}

constexpr schema tokens_schema{
    "TokenPair", [](schema_book&) { return token_schema().done(); }};
constexpr schema login_schema{
    "LoginResponse", [](schema_book& all) {
      return token_schema().put("user", all.use(user_schema)).done();
    }};

void open_session(const exchange_ptr& x, const user& account) {
  auto row = new_token_row(x->server().settings, account, x->caller(),
                           base64url(random_bytes(32)), uuid4());
  x->ask<refresh_token>(
      x->server().tokens(),
      [x, account](const refresh_token& stored) {
        send_login(x, account, stored);
      },
      atom::create_v, x->caller(), std::move(row));
}

void remember_login(const exchange_ptr& x, const user& account) {
  if (!account.is_active)
    return x->fail(errc::unauthenticated, "User account is inactive");
  x->act_as(account);
  x->ask<user>(
      x->server().users(), [x](const user& row) { open_session(x, row); },
      atom::login_v, x->caller(), account.id);
}

/// `account` is empty for an unknown name: the same work, the same answer.
void check_password(const exchange_ptr& x, const presented_password& given,
                    const std::optional<user>& account) {
  compare_password(x, given, account ? account->hashed_password : std::string{},
                   [x, account](bool good) {
                     if (good && account)
                       remember_login(x, *account);
                     else
                       x->fail(errc::unauthenticated,
                               "Incorrect username or password");
                   });
}

void login(const exchange_ptr& x) {
  auto given = x->read<credentials>(&rules::create);
  if (!given)
    return;
  presented_password attempt{given->values.username, given->values.password};
  x->try_ask<user>(
      x->server().users(),
      [x, attempt](caf::expected<user> found) {
        if (found)
          check_password(x, attempt, std::move(*found));
        else if (classify(found.error()) == errc::not_found)
          check_password(x, attempt, std::nullopt);
        else
          x->fail(found.error());
      },
      atom::find_v, x->caller(), attempt.username);
}

// -- refresh ------------------------------------------------------------------

void rotate(const exchange_ptr& x, const std::string& presented,
            const claims& old, const user& account) {
  auto& settings = x->server().settings;
  // Derived from its predecessor: asked again, the same answer can be signed.
  // One of the reference's tokens may have no id of its own.
  auto& id = old.jti.empty() ? presented : old.jti;
  auto jti = base64url(hmac_sha256(settings.keys.current().secret, id));
  auto row = new_token_row(settings, account, x->caller(), std::move(jti), {});
  x->ask<refresh_token>(
      x->server().tokens(),
      [x, account](const refresh_token& stored) {
        x->send(200, '{' + token_members(x->server().settings, account, stored)
                         + '}');
      },
      atom::rotate_v, x->caller(), sha256_hex(presented), std::move(row));
}

void refresh(const exchange_ptr& x) {
  auto given = x->read<presented_token>(&rules::create);
  if (!given)
    return;
  auto presented = given->values.refresh_token;
  auto old = verify_jwt(x->server().settings.keys, presented, now().ms / 1000,
                        token_type::refresh);
  if (!old)
    return x->fail(errc::unauthenticated, "Invalid refresh token");
  x->try_ask<user>(
      x->server().users(),
      [x, presented, old = *old](caf::expected<user> found) {
        if (!found && classify(found.error()) != errc::not_found)
          return x->fail(found.error());
        if (!found || !found->is_active)
          return x->fail(errc::unauthenticated, "User not found or inactive");
        x->act_as(*found);
        rotate(x, presented, old, *found);
      },
      atom::fetch_v, x->caller(), old->user_id);
}

void logout(const exchange_ptr& x) {
  auto given = x->read<presented_token>(&rules::create);
  if (!given)
    return;
  x->ask<bool>(
      x->server().tokens(),
      [x](bool) { x->send(200, message_json("Logout successful")); },
      atom::revoke_v, x->caller(), sha256_hex(given->values.refresh_token));
}

// -- profile ------------------------------------------------------------------

void show_profile(const exchange_ptr& x) {
  x->send(200, user_json(x->account()));
}

void update_profile(const exchange_ptr& x) {
  auto changes = x->read<user>(&rules::update);
  if (!changes)
    return;
  x->ask<user>(
      x->server().users(),
      [x](const user& row) { x->send(200, user_json(row)); }, atom::update_v,
      x->caller(), x->caller().user_id, std::move(*changes));
}

constexpr auto token_body
    = takes<presented_token, &rules::create>("RefreshTokenRequest");

constexpr route update_route{
    .method = verb::put,
    .pattern = "/api/v1/auth/me",
    .handle = update_profile,
    .answer = answers::secret,
    .id = "updateMe",
    .about = "Changes the caller's profile; null changes nothing",
    .body = takes<user, &rules::update>("UserUpdate"),
    .gives = {{200, &user_schema}}};

constexpr route table[] = {
    {.method = verb::post,
     .pattern = "/api/v1/auth/register",
     .handle = register_account,
     .who = access::open,
     .limit = bucket::auth,
     .answer = answers::secret,
     .id = "register",
     .about = "Makes an account; passwords need A-Z, a-z and 0-9",
     .body = takes<registration, &rules::create>("UserRegister"),
     .gives = {{201, &user_schema}},
     .fails = {errc::bad_request}},
    {.method = verb::post,
     .pattern = "/api/v1/auth/login",
     .handle = login,
     .who = access::open,
     .limit = bucket::auth,
     .answer = answers::secret,
     .id = "login",
     .about = "Begins a session: gives an access and a refresh token",
     .body = takes<credentials, &rules::create>("UserLogin"),
     .gives = {{200, &login_schema}},
     .fails = {errc::unauthenticated, errc::too_many_requests}},
    {.method = verb::post,
     .pattern = "/api/v1/auth/refresh",
     .handle = refresh,
     .who = access::open,
     .limit = bucket::auth,
     .answer = answers::secret,
     .id = "refreshToken",
     .about = "Exchanges a refresh token for new ones; it is good once",
     .body = token_body,
     .gives = {{200, &tokens_schema}},
     .fails = {errc::unauthenticated}},
    {.method = verb::post,
     .pattern = "/api/v1/auth/logout",
     .handle = logout,
     .answer = answers::secret,
     .id = "logout",
     .about = "Revokes a refresh token of the caller",
     .body = token_body,
     .gives = {{200, &message_schema}}},
    {.method = verb::get,
     .pattern = "/api/v1/auth/me",
     .handle = show_profile,
     .answer = answers::secret,
     .id = "getMe",
     .about = "Shows the caller's account",
     .gives = {{200, &user_schema}}},
    update_route,
    same_as(update_route, verb::patch, "patchMe"),
};

} // namespace

std::span<const route> account_routes() { return table; }

} // namespace callboard::net
