#include "tests/support/ws_handshake.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace callboard::test {

namespace {

constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

/// The value of one of the lines, or nothing.
std::string value_in(const std::vector<std::string>& lines,
                     const std::string& name) {
  for (auto& line : lines)
    if (line.starts_with(name + ": "))
      return line.substr(name.size() + 2);
  return {};
}

bool offers(const std::string& list, const std::string& name) {
  for (size_t at = 0; at < list.size();) {
    auto end = std::min(list.find(',', at), list.size());
    auto begin = list.find_first_not_of(' ', at);
    if (list.substr(begin, end - begin) == name)
      return true;
    at = end + 1;
  }
  return false;
}

} // namespace

std::string ws_request::text() const {
  auto out = method + ' ' + path + (query.empty() ? "" : "?" + query)
             + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  for (auto* lines : {&upgrade, &headers})
    for (auto& line : *lines)
      out += line + "\r\n";
  if (!protocols.empty())
    out += "Sec-WebSocket-Protocol: " + protocols + "\r\n";
  return out + "\r\n";
}

std::string accept_value(std::string_view key) {
  auto text = std::string{key}.append(guid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       digest.data());
  std::array<unsigned char, 32> out{};
  auto size = EVP_EncodeBlock(out.data(), digest.data(), digest.size());
  return {reinterpret_cast<char*>(out.data()), static_cast<size_t>(size)};
}

answer take_head(std::string& bytes) {
  answer out;
  auto end = bytes.find("\r\n\r\n");
  if (end == bytes.npos || !bytes.starts_with("HTTP/1.1 "))
    return out;
  out.status = std::stoi(bytes.substr(9, 3));
  for (auto at = bytes.find("\r\n") + 2; at < end;) {
    auto next = bytes.find("\r\n", at);
    auto line = bytes.substr(at, next - at);
    auto colon = line.find(':');
    out.fields[lower(line.substr(0, colon))]
        = line.substr(std::min(line.size(), colon + 2));
    at = next + 2;
  }
  bytes.erase(0, end + 4);
  return out;
}

std::string upgrade_problem(const ws_request& asked, answer& got) {
  auto expected = accept_value(value_in(asked.upgrade, "Sec-WebSocket-Key"));
  if (lower(got.fields["upgrade"]) != "websocket"
      || lower(got.fields["connection"]) != "upgrade")
    return "an answer of 101 that upgrades to nothing";
  if (got.fields["sec-websocket-accept"] != expected)
    return "a wrong Sec-WebSocket-Accept: "
           + got.fields["sec-websocket-accept"];
  if (got.fields.count("sec-websocket-extensions") != 0)
    return "an extension that nobody offered";
  auto chosen = got.fields.find("sec-websocket-protocol");
  if (chosen != got.fields.end() && !offers(asked.protocols, chosen->second))
    return "a sub-protocol that nobody offered: " + chosen->second;
  if (got.fields.count("content-length") != 0)
    return "a body behind 101";
  return {};
}

} // namespace callboard::test
