#define CAF_SUITE protocol
#include "tests/support/raw_client.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

constexpr auto liveness = "GET /api/v1/liveness HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr auto hidden = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";

std::string get(const std::string& fields, const char* body = "") {
  return "POST /api/v1/auth/login HTTP/1.1\r\n" + fields + "\r\n" + body;
}

struct fixture {
  fixture() : x(serve_sqlite(short_limits)) {}

  static const settings_map short_limits;
  std::unique_ptr<served> x;
};

const settings_map fixture::short_limits{{"HEADER_TIMEOUT", "1"},
                                         {"KEEP_ALIVE_TIMEOUT", "1"}};

} // namespace

CAF_TEST_FIXTURE_SCOPE(protocol_tests, fixture)

CAF_TEST(pipelined requests are answered in order on one connection) {
  raw_client c{x->server.port()};
  std::string many;
  for (int i = 0; i < 20; ++i)
    many += i % 2 == 0 ? liveness : hidden;
  c.send(many);
  auto text = c.read_all(3s);
  CAF_CHECK_EQUAL(count_answers(text), 20u);
  size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    at = text.find(i % 2 == 0 ? "\"alive\"" : "\"healthy\"", at);
    CAF_REQUIRE(at != std::string::npos);
    ++at;
  }
}

CAF_TEST(a request may come byte by byte) {
  raw_client c{x->server.port()};
  for (char b : std::string{liveness})
    c.send({&b, 1});
  CAF_CHECK(c.read_all(1500ms).starts_with("HTTP/1.1 200 OK"));
  CAF_CHECK(c.closed()); // idle for longer than its keep-alive
}

CAF_TEST(smuggled requests are refused closed and their tail never answered) {
  const std::string host = "Host: a\r\n";
  const std::string table[] = {
      get(host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "0\r\n\r\n"),
      get(host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
          "0\r\n\r\n"),
      get(host + "Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
      get(host + "Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
      get(host + "Content-Length: 5, 5\r\n", "hello"),
      get(host + "Content-Length: +5\r\n", "hello"),
      get(host + "Content-Length: 0x5\r\n", "hello"),
      get(host + "Content-Length: -1\r\n"),
      get(host + "Content-Length : 5\r\n", "hello"),
      get(host + "Content-Length: 99999999999999999999\r\n"),
      get(host + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "hello"),
      get(host + "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
      get(host + "Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
      get(host + "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
      get(host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
          "0\r\n\r\n"),
      get(host + "Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
      get(host
              + "Transfer-Encoding: \x0b"
                "chunked\r\n",
          "0\r\n\r\n"),
      get(host + "X: a\r\n b\r\n"),
      get(host + "X: a\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      get(host + "X: a\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      get(host + host),
      get(""),
      get(host + "Transfer-Encoding: chunked\r\n", "x\r\n\r\n"),
      get(host + "Transfer-Encoding: chunked\r\n", "-1\r\n\r\n"),
      get(host + "Transfer-Encoding: chunked\r\n", "2;a\rb\r\n{}\r\n0\r\n\r\n"),
      get(host + "Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n"),
      get(host + "Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n"),
      get(host + "Transfer-Encoding: chunked\r\n",
          "0\r\nContent-Length: 5\r\n\r\n"),
      "POST /api/v1/auth/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\n",
      "GET /api/v1/liveness HTTP/1.1\nHost: a\n\n",
      "GET /api/v1/liveness HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://b/api/v1/liveness HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\nGET /api/v1/liveness HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /api/v1/liveness HTTP/1.1\r\nHost: a\r\nX: " + std::string(1, '\0')
          + "\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  };
  for (auto& bytes : table) {
    raw_client c{x->server.port()};
    c.send(bytes + hidden);
    auto text = c.read_all(4s);
    if (!text.starts_with("HTTP/1.1 400") || count_answers(text) != 1
        || text.find("Connection: close") == std::string::npos || !c.closed())
      CAF_ERROR("not refused: " << bytes << " -> " << text);
    else
      CAF_CHECK(true);
  }
}

CAF_TEST(good framing is understood) {
  for (auto& bytes :
       {get("Host: a\r\nContent-Length: 2\r\n", "{}"),
        get("Host: a\r\nTransfer-Encoding: chunked\r\n",
            "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
        get("Host: a\r\nTransfer-Encoding: CHUNKED\r\n",
            "002;x=y\r\n{}\r\n000\r\n\r\n"),
        get("Host: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n",
            "{}")}) {
    raw_client c{x->server.port()};
    c.send(bytes + hidden);
    auto text = c.read_all(1s);
    CAF_CHECK(text.find("HTTP/1.1 422") != std::string::npos);
    CAF_CHECK(text.find("\"healthy\"") != std::string::npos);
  }
}

CAF_TEST(an HTTP 1.0 client and one that says close get one answer) {
  for (std::string bytes : {"GET /api/v1/liveness HTTP/1.0\r\n\r\n",
                            "GET /api/v1/liveness HTTP/1.1\r\nHost: "
                            "a\r\nConnection: close\r\n\r\n"}) {
    raw_client c{x->server.port()};
    c.send(bytes + hidden);
    auto text = c.read_all(4s);
    CAF_CHECK_EQUAL(count_answers(text), 1u);
    CAF_CHECK(c.closed());
  }
}

CAF_TEST(slow heads get 408 and silent clients are closed) {
  raw_client slow{x->server.port()};
  raw_client silent{x->server.port()};
  slow.send("GET /api/v1/liveness HTTP/1.1\r\n");
  auto text = slow.read_all(10s);
  CAF_CHECK(text.starts_with("HTTP/1.1 408"));
  CAF_CHECK(slow.closed());
  CAF_CHECK_EQUAL(silent.read_all(10s), "");
  CAF_CHECK(silent.closed());
}

CAF_TEST(too large is told whether it is announced or chunked) {
  raw_client announced{x->server.port()};
  announced.send(get("Host: a\r\nContent-Length: 1048577\r\n"));
  CAF_CHECK(announced.read_all(4s).starts_with("HTTP/1.1 413"));
  raw_client chunked{x->server.port()};
  chunked.send(get("Host: a\r\nTransfer-Encoding: chunked\r\n"));
  std::string block = "10000\r\n" + std::string(65'536, 'a') + "\r\n";
  for (int i = 0; i < 20 && chunked.send(block); ++i)
    ;
  CAF_CHECK(chunked.read_all(4s).starts_with("HTTP/1.1 413"));
  raw_client fields{x->server.port()};
  fields.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(9000, 'a'));
  CAF_CHECK(fields.read_all(4s).starts_with("HTTP/1.1 431"));
}

CAF_TEST_FIXTURE_SCOPE_END()
