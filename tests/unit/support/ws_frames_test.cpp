#define CAF_SUITE support.ws_frames
#include "tests/support/ws_client.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

using namespace std::string_literals;

/// Empty if the reader takes the bytes, else what it says.
std::string refusal(const std::string& bytes, size_t step) {
  ws_frame_reader reader;
  try {
    for (size_t at = 0; at < bytes.size(); at += step) {
      reader.add(std::string_view{bytes}.substr(at, step));
      while (reader.next())
        ;
    }
  } catch (const std::exception& e) {
    return e.what();
  }
  return reader.rest() == 0 ? "" : "not whole";
}

} // namespace

CAF_TEST(what a server may not send is refused however it is cut) {
  const std::pair<std::string, const char*> table[] = {
      {"\x81\x02hi"s, ""},
      {"\x01\x01h\x80\x01i"s, ""},
      {"\x01\x01h\x89\x00\x80\x01i"s, ""},
      {"\x01\x01\xc3\x80\x01\xa9"s, ""},
      {"\x88\x00"s, ""},
      {"\x88\x02\x03\xe8"s, ""},
      {"\x81\x7e\x00\x7e"s + std::string(126, 'a'), ""},
      {"\x81\x82\x00\x00\x00\x00hi"s, "the server sent a masked frame"},
      {"\xc1\x02hi"s, "the server sent reserved bits"},
      {"\x83\x00"s, "the server sent the opcode 3"},
      {"\x8b\x00"s, "the server sent the opcode 11"},
      {"\x09\x00"s, "the server sent a control frame that is long or in parts"},
      {"\x89\x7e\x00\x7e"s + std::string(126, 'a'),
       "the server sent a control frame that is long or in parts"},
      {"\x81\x7e\x00\x01q"s, "the server sent a length of 1 in a longer form"},
      {"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x01q"s,
       "the server sent a length of 1 in a longer form"},
      {"\x80\x00"s, "the server sent a continuation of nothing"},
      {"\x01\x01h\x81\x01i"s, "the server sent a message within another one"},
      {"\x81\x01\xff"s, "the server sent a text that is no UTF-8"},
      {"\x01\x01\xc3\x80\x01z"s, "the server sent a text that is no UTF-8"},
      {"\x88\x01\x03"s, "the server sent a close frame with half a code"},
      {"\x88\x02\x03\xed"s, "the server sent the close code 1005"},
      {"\x88\x03\x03\xe8\xff"s,
       "the server sent a close reason that is no UTF-8"},
      {"\x88\x00\x81\x00"s, "the server sent bytes behind its close frame"},
  };
  for (auto& [bytes, expected] : table)
    for (auto step : {bytes.size(), size_t{1}, size_t{3}})
      CAF_CHECK_EQUAL(refusal(bytes, step), expected);
}

CAF_TEST(a frame of a client is masked and as short as can be) {
  ws_form zero;
  zero.mask = 0;
  CAF_CHECK(client_frame(ws_opcode::text, "hi", zero)
            == "\x81\x82\x00\x00\x00\x00hi"s);
  zero.mask = 0x01020304;
  CAF_CHECK(client_frame(ws_opcode::text, "\x01\x02\x03\x04\x01", zero)
            == "\x81\x85\x01\x02\x03\x04\x00\x00\x00\x00\x00"s);
  CAF_CHECK_EQUAL(client_frame(ws_opcode::text, std::string(125, 'a')).size(),
                  131u);
  CAF_CHECK_EQUAL(client_frame(ws_opcode::text, std::string(126, 'a')).size(),
                  134u);
  CAF_CHECK_EQUAL(
      client_frame(ws_opcode::text, std::string(65'536, 'a')).size(), 65'550u);
  zero.masked = false;
  zero.length_bytes = 2;
  CAF_CHECK(client_frame(9, "", zero) == "\x89\x7e\x00\x00"s);
}

CAF_TEST(a handshake is what it claims) {
  CAF_CHECK_EQUAL(accept_value("dGhlIHNhbXBsZSBub25jZQ=="), // of the standard
                  "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  auto problem = [](const std::string& lines, const char* protocols = "") {
    ws_request asked;
    asked.protocols = protocols;
    auto bytes = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade"
                 "\r\n"
                 + lines + "\r\n\x81";
    auto got = take_head(bytes);
    CAF_CHECK_EQUAL(bytes, "\x81");
    return upgrade_problem(asked, got);
  };
  auto good = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"s;
  CAF_CHECK_EQUAL(problem(good), "");
  CAF_CHECK_EQUAL(
      problem(good + "Sec-WebSocket-Protocol: bearer\r\n", "bearer, abc"), "");
  CAF_CHECK(problem("Sec-WebSocket-Accept: nope\r\n") != "");
  CAF_CHECK(problem(good + "Sec-WebSocket-Protocol: bearer\r\n") != "");
  CAF_CHECK(problem(good + "Sec-WebSocket-Protocol: bear\r\n", "bearer, abc")
            != "");
  CAF_CHECK(problem(good + "Sec-WebSocket-Extensions: permessage-deflate\r\n")
            != "");
}
