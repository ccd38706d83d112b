// The opening of a WebSocket, from the client's side (RFC 6455 section 4), as
// text.
#pragma once

#include "tests/support/api.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callboard::test {

/// What a client asks for.
struct ws_request {
  std::string path = "/ws";
  std::string query = {};                ///< without the question mark
  std::vector<std::string> headers = {}; ///< more lines
  std::string protocols = {};            ///< as in its header; empty: none
  /// The lines of the upgrade itself; tests of refusals write their own.
  std::vector<std::string> upgrade = {
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="};
  std::string method = "GET";

  std::string text() const;
};

/// The value that proves that the server understood `key`.
std::string accept_value(std::string_view key);

/// Takes a whole head of an answer (and no body) from the begin of `bytes`;
/// `status` is 0 while it is not whole.
answer take_head(std::string& bytes);

/// Empty, or what is wrong with an answer of 101 to `asked`.
std::string upgrade_problem(const ws_request& asked, answer& got);

} // namespace callboard::test
