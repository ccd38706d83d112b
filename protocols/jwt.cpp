#include "protocols/jwt.hpp"

#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "protocols/json.hpp"

#include <charconv>
#include <optional>

namespace callboard {

namespace {

constexpr size_t max_token = 4096; ///< [bytes]

/// The algorithm is fixed: what a token's header says of it is only compared.
std::string header_of(const signing_key& key) {
  return R"({"alg":"HS256","typ":"JWT","kid":")" + key.id + R"("})";
}

caf::error invalid() {
  return caf::make_error(errc::unauthenticated,
                         std::string{"Invalid or expired token"});
}

std::optional<json_document> decoded_object(std::string_view part) {
  auto text = base64url_decoded(part);
  if (!text)
    return std::nullopt;
  auto document = parse_json(*text);
  if (!document || !document->IsObject())
    return std::nullopt;
  return std::move(*document);
}

std::optional<std::string_view> text_of(const json_value& object,
                                        const char* name) {
  auto i = object.FindMember(name);
  if (i == object.MemberEnd() || !i->value.IsString())
    return std::nullopt;
  return std::string_view{i->value.GetString(), i->value.GetStringLength()};
}

std::optional<int64_t> number_of(const json_value& object, const char* name) {
  auto i = object.FindMember(name);
  if (i == object.MemberEnd() || !i->value.IsInt64())
    return std::nullopt;
  return i->value.GetInt64();
}

/// RFC 8725 section 3.1: one algorithm, whatever the header asks for; an
/// extension that must be understood is not (RFC 7515 section 4.1.11).
bool is_our_header(const json_value& header) {
  return text_of(header, "alg") == "HS256" && !header.HasMember("crit");
}

/// A token without `kid` (of the reference, or older) may have any of the keys;
/// one that names its key has that one or none.
bool is_signed(const signing_keys& keys, const json_value& header,
               std::string_view text, std::string_view signature) {
  auto named = header.FindMember("kid");
  for (auto& key : keys.all()) {
    if (named != header.MemberEnd() && text_of(header, "kid") != key.id)
      continue;
    if (constant_time_equal(signature, hmac_sha256(key.secret, text)))
      return true;
  }
  return false;
}

std::optional<int64_t> identity(const json_value& payload) {
  int64_t id = 0;
  if (payload.HasMember("sub")) {
    auto sub = text_of(payload, "sub");
    if (!sub)
      return std::nullopt;
    auto [end, ec]
        = std::from_chars(sub->data(), sub->data() + sub->size(), id);
    if (ec != std::errc{} || end != sub->data() + sub->size())
      return std::nullopt;
    if (auto twin = number_of(payload, "user_id"); twin && *twin != id)
      return std::nullopt;
  } else if (auto only = number_of(payload, "user_id")) {
    id = *only;
  }
  return id > 0 ? std::optional{id} : std::nullopt;
}

std::string text_or_empty(const json_value& payload, const char* name) {
  return std::string{text_of(payload, name).value_or("")};
}

} // namespace

std::string_view to_string(token_type x) {
  switch (x) {
  case token_type::access:
    return "access";
  case token_type::refresh:
    return "refresh";
  case token_type::operator_:
    return "operator";
  }
  return "";
}

std::string sign_jwt(const signing_key& key, const claims& x) {
  std::string payload;
  json_writer out{payload};
  out.StartObject();
  out.Key("sub");
  out.String(std::to_string(x.user_id));
  out.Key("user_id");
  out.Int64(x.user_id);
  out.Key("username");
  out.String(x.username);
  out.Key("email");
  out.String(x.email);
  out.Key("role");
  out.String(x.role);
  out.Key("type");
  out.String(to_string(x.type));
  out.Key("iat");
  out.Int64(x.iat);
  out.Key("exp");
  out.Int64(x.exp);
  if (!x.jti.empty()) {
    out.Key("jti");
    out.String(x.jti);
  }
  out.EndObject();
  auto signed_part = base64url(header_of(key)) + '.' + base64url(payload);
  return signed_part + '.' + base64url(hmac_sha256(key.secret, signed_part));
}

caf::expected<claims> verify_jwt(const signing_keys& keys,
                                 std::string_view token, int64_t now,
                                 token_type type) {
  auto second = token.rfind('.');
  auto first = token.find('.');
  if (token.size() > max_token || first == token.npos || first == second
      || token.find('.', first + 1) != second)
    return invalid();
  auto signature = base64url_decoded(token.substr(second + 1));
  auto header = decoded_object(token.substr(0, first));
  if (!signature || !header || !is_our_header(*header)
      || !is_signed(keys, *header, token.substr(0, second), *signature))
    return invalid();
  auto payload = decoded_object(token.substr(first + 1, second - first - 1));
  if (!payload)
    return invalid();
  auto exp = number_of(*payload, "exp");
  if (!exp || *exp <= now || text_of(*payload, "type") != to_string(type))
    return invalid();
  claims out;
  out.type = type;
  out.exp = *exp;
  out.iat = number_of(*payload, "iat").value_or(0);
  out.username = text_or_empty(*payload, "username");
  out.email = text_or_empty(*payload, "email");
  out.role = text_or_empty(*payload, "role");
  out.jti = text_or_empty(*payload, "jti");
  auto id = identity(*payload);
  if (!id && type != token_type::operator_)
    return caf::make_error(errc::unauthenticated,
                           std::string{"Invalid token payload"});
  out.user_id = id.value_or(0);
  return out;
}

} // namespace callboard
