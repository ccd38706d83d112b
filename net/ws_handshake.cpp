#include "net/ws_handshake.hpp"

#include "net/cors.hpp"
#include "protocols/error.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <vector>

namespace callboard::net {

namespace {

constexpr std::string_view bearer = "bearer";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  auto first = text.find_first_not_of(blanks);
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The elements of a list, without empty ones (RFC 9110 section 5.6.1).
std::vector<std::string_view> elements(std::string_view list) {
  std::vector<std::string_view> out;
  while (true) {
    auto comma = list.find(',');
    if (auto x = trimmed(list.substr(0, comma)); !x.empty())
      out.push_back(x);
    if (comma == list.npos)
      return out;
    list.remove_prefix(comma + 1);
  }
}

bool names(const request& in, std::string_view field, std::string_view word) {
  auto list = in.list(field).value_or("");
  auto found = elements(list);
  return std::any_of(found.begin(), found.end(),
                     [&](auto x) { return equal_ignoring_case(x, word); });
}

/// Base64 of 16 bytes: 22 digits, the last with four zero bits, and `==`.
bool is_key(std::string_view text) {
  constexpr std::string_view digits
      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return text.size() == 24 && text.ends_with("==")
         && text.substr(0, 22).find_first_not_of(digits) == text.npos
         && std::string_view{"AQgw"}.find(text[21]) != std::string_view::npos;
}

/// A page of this very server.
bool is_own_origin(const request& in, std::string_view origin) {
  auto host = in.find("host");
  auto mark = origin.find("://");
  return !host.empty() && mark != origin.npos
         && equal_ignoring_case(origin.substr(mark + 3), host);
}

caf::error refuse(errc code, const char* why) {
  return caf::make_error(code, std::string{why});
}

} // namespace

caf::error check_handshake(const request& in,
                           std::span<const std::string> origins) {
  if (in.method != verb::get || in.version < 11
      || !names(in, "upgrade", "websocket"))
    return refuse(errc::upgrade_required, "Upgrade to WebSocket required");
  if (!names(in, "connection", "upgrade"))
    return refuse(errc::bad_request, "Connection: Upgrade is missing");
  if (in.find("sec-websocket-version") != "13")
    return refuse(errc::upgrade_required, "WebSocket version 13 required");
  if (in.count("sec-websocket-key") != 1
      || !is_key(in.find("sec-websocket-key")))
    return refuse(errc::bad_request, "Malformed Sec-WebSocket-Key");
  if (!in.body.empty())
    return refuse(errc::bad_request, "A handshake has no body");
  auto origin = in.find("origin");
  if (in.count("origin") > 0
      && (in.count("origin") > 1
          || !(is_own_origin(in, origin)
               || is_allowed_origin(origins, origin))))
    return refuse(errc::forbidden, "Origin not allowed");
  return caf::none;
}

std::string accept_of(std::string_view key) {
  auto text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> hash{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       hash.data());
  std::array<unsigned char, 29> out{}; // 28 digits and a NUL
  auto size = EVP_EncodeBlock(out.data(), hash.data(), SHA_DIGEST_LENGTH);
  return {reinterpret_cast<const char*>(out.data()), static_cast<size_t>(size)};
}

offered_protocols read_protocols(const request& in) {
  auto list = in.list("sec-websocket-protocol").value_or("");
  auto offered = elements(list);
  auto found = std::find_if(offered.begin(), offered.end(), [](auto x) {
    return equal_ignoring_case(x, bearer);
  });
  if (found == offered.end())
    return {};
  offered_protocols out{true, {}};
  if (++found != offered.end())
    out.token = *found;
  return out;
}

} // namespace callboard::net
