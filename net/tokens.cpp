#include "net/tokens.hpp"

#include "protocols/digest.hpp"
#include "protocols/jwt.hpp"

namespace callboard::net {

namespace {

claims about(const user& account, token_type type) {
  claims out;
  out.user_id = account.id;
  out.username = account.username;
  out.email = account.email;
  out.role = std::string{name_of(account.as)};
  out.type = type;
  return out;
}

int64_t lifetime_s(const edge_settings& settings) {
  return std::chrono::seconds{settings.access_lifetime}.count();
}

} // namespace

std::string refresh_token_of(const edge_settings& settings, const user& account,
                             const refresh_token& row) {
  auto out = about(account, token_type::refresh);
  out.iat = row.created_at.ms / 1000;
  out.exp = row.expires_at.ms / 1000;
  out.jti = row.jti.value_or("");
  return sign_jwt(settings.keys.current(), out);
}

refresh_token new_token_row(const edge_settings& settings, const user& account,
                            const call& ctx, std::string jti,
                            std::string family) {
  refresh_token row;
  row.user_id = account.id;
  row.created_at = {now().ms / 1000 * 1000}; // claims know whole seconds
  row.expires_at
      = row.created_at + std::chrono::milliseconds{settings.refresh_lifetime};
  if (!ctx.user_agent.empty())
    row.user_agent = ctx.user_agent;
  row.ip_address = ctx.address;
  row.jti = std::move(jti);
  row.family_id = std::move(family);
  row.token = sha256_hex(refresh_token_of(settings, account, row));
  return row;
}

std::string token_members(const edge_settings& settings, const user& account,
                          const refresh_token& row) {
  auto access = about(account, token_type::access);
  access.iat = row.created_at.ms / 1000;
  access.exp = access.iat + lifetime_s(settings);
  access.jti = row.family_id;
  return "\"access_token\":"
         + json_quoted(sign_jwt(settings.keys.current(), access))
         + ",\"refresh_token\":"
         + json_quoted(refresh_token_of(settings, account, row))
         + R"(,"token_type":"bearer","expires_in":)"
         + std::to_string(lifetime_s(settings));
}

object_schema token_schema() {
  object_schema out;
  out.put("access_token", a_text)
      .put("refresh_token", a_text)
      .put("token_type", choice_of({"bearer"}))
      .put("expires_in", an_integer);
  return out;
}

} // namespace callboard::net
