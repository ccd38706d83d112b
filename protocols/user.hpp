// Accounts and what clients send about them (rest-api section 4).
#pragma once

#include "protocols/call.hpp"
#include "protocols/entity.hpp"
#include "protocols/page.hpp"

#include <string>

namespace callboard {

template <>
inline constexpr auto
    enum_names<role> = std::to_array<std::string_view>({"user", "admin"});

struct user {
  int64_t id = 0;
  std::string username;
  std::string email;
  std::string email_folded; ///< for uniqueness
  std::string hashed_password;
  role as = role::user;
  bool is_active = true;
  bool is_verified = false;
  timestamp created_at;
  std::optional<timestamp> updated_at;
  std::optional<timestamp> last_login;
  std::optional<std::string> full_name;
  std::optional<std::string> bio;
  std::optional<std::string> avatar_url;
  /// SHA-256 hex of what an admin gave out to set a new password, and its end.
  std::optional<std::string> reset_code;
  std::optional<timestamp> reset_expires_at;
};

template <>
struct entity<user> {
  static constexpr std::string_view table = "users";
  static constexpr auto fields = std::tuple{
      field{"id", &user::id},
      field{"username", &user::username},
      field{"email", &user::email},
      field{"email_folded",
            &user::email_folded,
            {.shown = false, .audited = false}},
      field{"hashed_password",
            &user::hashed_password,
            {.shown = false, .secret = true}},
      field{"role", &user::as},
      field{"is_active", &user::is_active},
      field{"is_verified", &user::is_verified},
      field{"created_at", &user::created_at},
      field{
          "updated_at", &user::updated_at, {.shown = false, .audited = false}},
      field{"last_login", &user::last_login, {.audited = false}},
      field{
          "full_name",
          &user::full_name,
          {.update = given::optional, .max = 100, .null = null_input::ignored}},
      field{
          "bio",
          &user::bio,
          {.update = given::optional, .max = 500, .null = null_input::ignored}},
      field{
          "avatar_url",
          &user::avatar_url,
          {.update = given::optional, .max = 500, .null = null_input::ignored}},
      field{"reset_code", &user::reset_code, {.shown = false, .secret = true}},
      field{"reset_expires_at",
            &user::reset_expires_at,
            {.shown = false, .audited = false}},
  };
};

/// `^[a-zA-Z0-9_-]+$`
std::optional<std::string> check_username(std::string_view text);
/// One `@`, a dotted domain, no spaces or controls.
std::optional<std::string> check_email(std::string_view text);
/// The policy for new passwords; NUL is refused.
std::optional<std::string> check_new_password(std::string_view text);
/// Any password to compare: NUL is refused.
std::optional<std::string> check_password(std::string_view text);

/// The address with its domain in lower case.
std::string normal_email(std::string_view email);

/// Body of `POST /auth/register`.
struct registration {
  std::string username;
  std::string email;
  std::string password;
  std::optional<std::string> full_name;
};

template <>
struct entity<registration> {
  static constexpr auto fields = std::tuple{
      field{"username",
            &registration::username,
            {.create = given::required,
             .min = 3,
             .max = 50,
             .accepts = check_username,
             .pattern = "^[a-zA-Z0-9_-]+$"}},
      field{"email",
            &registration::email,
            {.create = given::required, .max = 255, .accepts = check_email}},
      field{"password",
            &registration::password,
            {.create = given::required,
             .min = 8,
             .max = 128,
             .accepts = check_new_password,
             .secret = true}},
      field{"full_name",
            &registration::full_name,
            {.create = given::optional, .max = 100}},
  };
};

/// Body of `POST /auth/login`.
struct credentials {
  std::string username;
  std::string password;
};

template <>
struct entity<credentials> {
  static constexpr auto fields = std::tuple{
      field{"username",
            &credentials::username,
            {.create = given::required, .min = 3, .max = 50}},
      field{"password",
            &credentials::password,
            {.create = given::required,
             .min = 1,
             .max = 128,
             .accepts = check_password,
             .secret = true}},
  };
};

/// Body of `POST /auth/change-password`.
struct password_change {
  std::string current_password;
  std::string new_password;
};

template <>
struct entity<password_change> {
  static constexpr auto fields = std::tuple{
      field{"current_password",
            &password_change::current_password,
            {.create = given::required,
             .min = 1,
             .max = 128,
             .accepts = check_password,
             .secret = true}},
      field{"new_password",
            &password_change::new_password,
            {.create = given::required,
             .min = 8,
             .max = 128,
             .accepts = check_new_password,
             .secret = true}},
  };
};

/// Body of `POST /auth/reset-password`.
struct password_reset {
  std::string username;
  std::string code;
  std::string new_password;
};

template <>
struct entity<password_reset> {
  static constexpr auto fields = std::tuple{
      field{"username",
            &password_reset::username,
            {.create = given::required, .min = 3, .max = 50}},
      field{"code",
            &password_reset::code,
            {.create = given::required, .min = 1, .max = 100, .secret = true}},
      field{"new_password",
            &password_reset::new_password,
            {.create = given::required,
             .min = 8,
             .max = 128,
             .accepts = check_new_password,
             .secret = true}},
  };
};

/// Body of `DELETE /auth/me`.
struct farewell {
  std::string password;
};

template <>
struct entity<farewell> {
  static constexpr auto fields = std::tuple{
      field{"password",
            &farewell::password,
            {.create = given::required,
             .min = 1,
             .max = 128,
             .accepts = check_password,
             .secret = true}},
  };
};

/// Body of `PATCH /admin/users/{id}`.
struct account_change {
  role as = role::user;
  bool is_active = true;
};

template <>
struct entity<account_change> {
  static constexpr given rules::*closed = &rules::update;
  static constexpr auto fields = std::tuple{
      field{"role", &account_change::as, {.update = given::optional}},
      field{
          "is_active", &account_change::is_active, {.update = given::optional}},
  };
};

/// What a list of accounts asks for, newest first; empty texts mean "any".
struct user_query {
  std::string search; ///< beginning of the name, or of the address in any case
  std::string role;
  std::string active; ///< `true` or `false`
  int64_t limit = 50;
  int64_t offset = 0;
  list_position after; ///< instead of an offset
};

inline list_order order_of(const user_query&) { return {"created_at"}; }

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, user_query& x) {
  return f(caf::meta::type_name("user_query"), x.search, x.role, x.active,
           x.limit, x.offset, x.after);
}

/// Body of `POST /auth/refresh` and `/auth/logout`.
struct presented_token {
  std::string refresh_token;
};

template <>
struct entity<presented_token> {
  static constexpr auto fields = std::tuple{
      field{"refresh_token",
            &presented_token::refresh_token,
            {.create = given::required, .min = 1, .secret = true}},
  };
};

/// A live login of a user: one row per issued refresh token.
struct refresh_token {
  int64_t id = 0;
  int64_t user_id = 0;
  std::string token; ///< SHA-256 hex of the token
  timestamp expires_at;
  timestamp created_at;
  bool revoked = false;
  std::optional<timestamp> revoked_at;
  std::optional<std::string> user_agent;
  std::optional<std::string> ip_address;
  std::optional<std::string> jti;
  std::string family_id;                     ///< UUID; reuse revokes the family
  std::optional<std::string> previous_token; ///< hash of what it replaced
  std::optional<timestamp> replaced_at;
};

template <>
struct entity<refresh_token> {
  static constexpr std::string_view table = "refresh_tokens";
  static constexpr auto fields = std::tuple{
      field{"id", &refresh_token::id},
      field{"user_id", &refresh_token::user_id, {.shown = false}},
      field{"token", &refresh_token::token, {.shown = false, .secret = true}},
      field{"created_at", &refresh_token::created_at},
      field{"expires_at", &refresh_token::expires_at},
      field{"user_agent", &refresh_token::user_agent},
      field{"ip_address", &refresh_token::ip_address},
      field{"revoked", &refresh_token::revoked, {.shown = false}},
      field{"revoked_at", &refresh_token::revoked_at, {.shown = false}},
      field{"jti", &refresh_token::jti, {.shown = false, .secret = true}},
      field{"family_id", &refresh_token::family_id, {.shown = false}},
      field{"previous_token",
            &refresh_token::previous_token,
            {.shown = false, .secret = true}},
      field{"replaced_at", &refresh_token::replaced_at, {.shown = false}},
  };
};

template <>
inline constexpr bool audits_creation<refresh_token> = false;

} // namespace callboard
