#define CAF_SUITE request_validator
#include "net/request_validator.hpp"
#include "protocols/error.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

namespace {

errc judge(const std::string& head) {
  auto err = check_head(head, {});
  return err ? classify(err) : errc{};
}

std::string with_field(const std::string& line) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n";
}

using fields = std::vector<std::pair<std::string_view, std::string_view>>;

bool accepts(const fields& list, unsigned version = 11) {
  return !check_fields(list, version);
}

} // namespace

CAF_TEST(good heads pass) {
  for (auto head :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "DELETE /a/b%20c?x=1&y=%C3%A9 HTTP/1.1\r\nHost: a:1\r\nX: \t y "
        "\r\n\r\n",
        "POST /a.b/..c/... HTTP/1.1\r\nHost:a\r\nEmpty:\r\n\r\n"})
    CAF_CHECK(judge(head) == errc{});
}

CAF_TEST(malformed request lines are bad requests) {
  for (auto line : {"",
                    " ",
                    "GET",
                    "GET /",
                    "GET / HTTP/1.1 ",
                    " GET / HTTP/1.1",
                    "GET  / HTTP/1.1",
                    "GET /  HTTP/1.1",
                    "get / HTTP/1.1",
                    "G@T / HTTP/1.1",
                    "GET / HTTP/2.0",
                    "GET / HTTP/1.2",
                    "GET / http/1.1",
                    "GET / HTTP/1.1x",
                    "GET / HTTP/01.1",
                    "GET x HTTP/1.1",
                    "GET http://a/ HTTP/1.1",
                    "GET * HTTP/1.1",
                    "GET //\xff HTTP/1.1",
                    "GET /a#b HTTP/1.1",
                    "GET /a\\b HTTP/1.1",
                    "GET /%zz HTTP/1.1",
                    "GET /%4 HTTP/1.1",
                    "GET /% HTTP/1.1",
                    "GET /%00 HTTP/1.1",
                    "GET /a/../b HTTP/1.1",
                    "GET /.. HTTP/1.1",
                    "GET /%2e%2E/b HTTP/1.1",
                    "GET /./b HTTP/1.1",
                    "GET /a\tb HTTP/1.1"})
    CAF_CHECK(judge(std::string{line} + "\r\nHost: a\r\n\r\n")
              == errc::bad_request);
}

CAF_TEST(what a parser may let through is refused in the raw bytes) {
  const std::string table[] = {
      with_field("X: a\r\n b"),  // folded
      with_field("X: a\r\n\tb"), // folded
      with_field("Transfer-Encoding:\r\n chunked"),
      with_field("X : a"),                   // space before colon
      with_field(" X: a"),                   // leading space
      with_field(": a"),                     // no name
      with_field("X"),                       // no colon
      with_field("X(: a"),                   // not a token
      with_field("X: a\rb"),                 // bare CR
      with_field("X: a\nY: b"),              // bare LF
      with_field("X: a\x01"),                // control
      with_field("X: a\x7f"),                // DEL
      with_field(std::string("X: a\0b", 6)), // NUL
      with_field("Transfer\xC4\xB0: a"),     // not ASCII
      "GET / HTTP/1.1\nHost: a\n\n",
      "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\n\nHost: a\r\n\r\n",
  };
  for (auto& head : table)
    CAF_CHECK(judge(head) == errc::bad_request);
}

CAF_TEST(limits have their own answers) {
  CAF_CHECK(judge("GET /" + std::string(4079, 'a') + " HTTP/1.1\r\n\r\n")
            == errc{});
  CAF_CHECK(judge("GET /" + std::string(4090, 'a') + " HTTP/1.1\r\n\r\n")
            == errc::uri_too_long);
  CAF_CHECK(judge(with_field("X: " + std::string(8187, 'a'))) == errc{});
  CAF_CHECK(judge(with_field("X: " + std::string(8188, 'a')))
            == errc::headers_too_large);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i)
    many += "X: a\r\n";
  CAF_CHECK(judge(many + "\r\n") == errc{});
  CAF_CHECK(judge(many + "X: a\r\n\r\n") == errc::headers_too_large);
}

CAF_TEST(one host and one clear length or none) {
  CAF_CHECK(accepts({{"Host", "a"}}));
  CAF_CHECK(accepts({{"hOsT", "[::1]:80"}}));
  CAF_CHECK(accepts({}, 10));
  CAF_CHECK(accepts({{"Host", "a"}, {"Content-Length", "5"}}));
  CAF_CHECK(accepts({{"Host", "a"}, {"Transfer-Encoding", "Chunked"}}));
  const fields table[] = {
      {},
      {{"Host", ""}},
      {{"Host", "a b"}},
      {{"Host", "a/b"}},
      {{"Host", "a@b"}},
      {{"Host", "a"}, {"Host", "a"}},
      {{"Host", "a"}, {"Content-Length", "5"}, {"Content-Length", "5"}},
      {{"Host", "a"}, {"Content-Length", "5"}, {"content-length", "6"}},
      {{"Host", "a"}, {"Content-Length", "5, 5"}},
      {{"Host", "a"}, {"Content-Length", "+5"}},
      {{"Host", "a"}, {"Content-Length", "-5"}},
      {{"Host", "a"}, {"Content-Length", "0x5"}},
      {{"Host", "a"}, {"Content-Length", "5 "}},
      {{"Host", "a"}, {"Content-Length", ""}},
      {{"Host", "a"}, {"Content-Length", "9999999999999999999"}},
      {{"Host", "a"}, {"Transfer-Encoding", "gzip"}},
      {{"Host", "a"}, {"Transfer-Encoding", "xchunked"}},
      {{"Host", "a"}, {"Transfer-Encoding", "chunked, chunked"}},
      {{"Host", "a"}, {"Transfer-Encoding", "chunked, identity"}},
      {{"Host", "a"}, {"Transfer-Encoding", "identity"}},
      {{"Host", "a"},
       {"Transfer-Encoding", "chunked"},
       {"Transfer-Encoding", "chunked"}},
      {{"Host", "a"},
       {"Transfer-Encoding", "chunked"},
       {"Content-Length", "5"}},
      {{"Host", "a"},
       {"Content-Length", "5"},
       {"Transfer-Encoding", "chunked"}},
  };
  for (auto& list : table)
    CAF_CHECK(!accepts(list));
  CAF_CHECK(!accepts({{"Transfer-Encoding", "chunked"}}, 10));
}
