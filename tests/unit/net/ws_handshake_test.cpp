#define CAF_SUITE ws_handshake
#include "net/ws_handshake.hpp"
#include "protocols/error.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

namespace {

using fields = std::vector<std::pair<std::string_view, std::string_view>>;

constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";

fields good() {
  return {{"host", "board.example:8000"},
          {"upgrade", "websocket"},
          {"connection", "keep-alive, Upgrade"},
          {"sec-websocket-version", "13"},
          {"sec-websocket-key", key}};
}

request asking(fields list) {
  request out;
  out.method = verb::get;
  out.fields = std::move(list);
  return out;
}

request with(std::string_view name, std::string_view value) {
  auto list = good();
  for (auto& x : list)
    if (x.first == name) {
      x.second = value;
      return asking(list);
    }
  list.emplace_back(name, value);
  return asking(list);
}

request without(std::string_view name) {
  auto list = good();
  std::erase_if(list, [&](auto& x) { return x.first == name; });
  return asking(list);
}

const std::vector<std::string> pages{"http://localhost:3000"};

/// What the handshake is refused with, or nothing.
std::string refusal(const request& in) {
  auto err = check_handshake(in, pages);
  return err ? to_string(classify(err)) : "";
}

} // namespace

CAF_TEST(the answer to a key is that of RFC 6455) {
  CAF_CHECK_EQUAL(accept_of(key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

CAF_TEST(a handshake may be spelled in several ways) {
  CAF_CHECK_EQUAL(refusal(asking(good())), "");
  CAF_CHECK_EQUAL(refusal(with("upgrade", "WebSocket")), "");
  CAF_CHECK_EQUAL(refusal(with("upgrade", "h2c, websocket")), "");
  CAF_CHECK_EQUAL(refusal(with("connection", "UPGRADE")), "");
  CAF_CHECK_EQUAL(refusal(with("connection", " ,upgrade , x")), "");
}

CAF_TEST(what asks for no WebSocket of version 13 is told to upgrade) {
  CAF_CHECK_EQUAL(refusal(without("upgrade")), "upgrade_required");
  CAF_CHECK_EQUAL(refusal(with("upgrade", "h2c")), "upgrade_required");
  CAF_CHECK_EQUAL(refusal(with("upgrade", "websockets")), "upgrade_required");
  CAF_CHECK_EQUAL(refusal(without("sec-websocket-version")),
                  "upgrade_required");
  for (auto* version : {"8", "12", "14", "013", "13, 8", "", "x"})
    CAF_CHECK_EQUAL(refusal(with("sec-websocket-version", version)),
                    "upgrade_required");
  for (auto method : {verb::head, verb::post, verb::other}) {
    auto in = asking(good());
    in.method = method;
    CAF_CHECK_EQUAL(refusal(in), "upgrade_required");
  }
  auto old = asking(good());
  old.version = 10;
  CAF_CHECK_EQUAL(refusal(old), "upgrade_required");
}

CAF_TEST(a malformed handshake is refused) {
  CAF_CHECK_EQUAL(refusal(without("connection")), "bad_request");
  CAF_CHECK_EQUAL(refusal(with("connection", "keep-alive")), "bad_request");
  CAF_CHECK_EQUAL(refusal(without("sec-websocket-key")), "bad_request");
  for (auto* bad : {"", "x", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25j",
                    "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25j_Q==",
                    "dGhlIHNhbXBsZSBub25jZQ==x", " GhlIHNhbXBsZSBub25jZQ=="})
    CAF_CHECK_EQUAL(refusal(with("sec-websocket-key", bad)), "bad_request");
  auto twice = good();
  twice.emplace_back("sec-websocket-key", key);
  CAF_CHECK_EQUAL(refusal(asking(twice)), "bad_request");
  auto body = asking(good());
  body.body = "x";
  CAF_CHECK_EQUAL(refusal(body), "bad_request");
}

CAF_TEST(pages of this server and of the list may open one and no others) {
  for (auto* origin :
       {"http://localhost:3000", "HTTP://LOCALHOST:3000",
        "http://board.example:8000", "https://board.example:8000"})
    CAF_CHECK_EQUAL(refusal(with("origin", origin)), "");
  for (auto* origin :
       {"http://localhost:3001", "http://localhost", "null", "",
        "http://board.example", "http://board.example:8000.evil.example",
        "http://evil.example/board.example:8000", "board.example:8000",
        "http://evil@board.example:8000"})
    CAF_CHECK_EQUAL(refusal(with("origin", origin)), "forbidden");
  auto twice = good();
  twice.emplace_back("origin", "http://localhost:3000");
  twice.emplace_back("origin", "http://localhost:3000");
  CAF_CHECK_EQUAL(refusal(asking(twice)), "forbidden");
}

CAF_TEST(a token may stand behind bearer among the protocols) {
  struct row {
    const char* list;
    bool bearer;
    const char* token;
  };
  for (auto& x :
       {row{"bearer, a.b.c", true, "a.b.c"}, row{"Bearer,a.b.c", true, "a.b.c"},
        row{"bearer", true, ""}, row{"chat", false, ""}, row{"", false, ""},
        row{"a.b.c, bearer", true, ""}, row{"chat, bearer, t", true, "t"},
        row{", ,bearer , , t", true, "t"}}) {
    auto got = read_protocols(with("sec-websocket-protocol", x.list));
    CAF_CHECK_EQUAL(got.bearer, x.bearer);
    CAF_CHECK_EQUAL(got.token, x.token);
  }
  CAF_CHECK(!read_protocols(asking(good())).bearer);
}
