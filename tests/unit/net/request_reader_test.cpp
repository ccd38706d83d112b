#define CAF_SUITE request_reader
#include "net/request_reader.hpp"
#include "protocols/error.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <cstring>

using namespace callboard;
using namespace callboard::net;

namespace {

using step = request_reader::step;

constexpr http_limits limits;

/// What `bytes` hold, given in pieces: `path body`, `!status` for a refusal,
/// `?` for what is not whole.
std::vector<std::string> read(std::string_view bytes, size_t piece) {
  request_reader reader{limits};
  std::vector<std::string> out;
  while (true) {
    auto now = reader.advance();
    if (now == step::complete) {
      auto found = reader.take();
      if (found.refusal) {
        out.push_back('!'
                      + std::to_string(info(classify(found.refusal)).status));
        return out;
      }
      out.push_back(std::string{found.path} + ' ' + std::string{found.body});
      if (!reader.keep_alive())
        return out;
      reader.next();
    } else if (now != step::expects_continue) {
      auto n = std::min(bytes.size(), piece);
      if (n == 0) {
        if (!reader.empty())
          out.emplace_back("?");
        return out;
      }
      std::memcpy(reader.prepare().data(), bytes.data(), n);
      reader.commit(n);
      bytes.remove_prefix(n);
    }
  }
}

std::string chunked(const std::string& body) {
  return "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
         + body;
}

std::string sized(const std::string& size, const std::string& body) {
  return "POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n"
         + body;
}

} // namespace

CAF_TEST(requests are the same in whatever pieces they arrive) {
  auto get = std::string{"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n"};
  std::vector<std::pair<std::string, std::vector<std::string>>> table{
      {"", {}},
      {"GET", {"?"}},
      {get, {"/a "}},
      {get + get, {"/a ", "/a "}},
      {get + "x", {"/a ", "?"}},
      {sized("3", "abc") + get, {"/s abc", "/a "}},
      {sized("3", "ab"), {"?"}},
      {sized("0", ""), {"/s "}},
      {chunked("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n") + get,
       {"/c abcde", "/a "}},
      {chunked("0\r\n\r\n"), {"/c "}},
      {chunked("3\r\nabc\r\n"), {"?"}},
      {"POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: "
       "100-continue\r\n\r\nx",
       {"/e x"}},
      {"GET /0 HTTP/1.0\r\n\r\n" + get, {"/0 "}},
      {"GET /l HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get,
       {"/l "}},
  };
  for (auto& [bytes, expected] : table)
    for (size_t piece : {size_t{1}, size_t{2}, size_t{7}, size_t{8192}}) {
      auto got = read(bytes, piece);
      CAF_CHECK_EQUAL(got, expected);
    }
}

CAF_TEST(hostile bytes are refused and nothing behind them is read) {
  auto get = std::string{"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"};
  std::vector<std::pair<std::string, std::string>> table{
      {"GET / HTTP/1.1\r\n\r\n", "!400"},
      {"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", "!400"},
      {sized("3, 3", "abc"), "!400"},
      {sized("+3", "abc"), "!400"},
      {sized("-1", ""), "!400"},
      {sized("1048577", ""), "!413"},
      {sized("99999999999999999999", ""), "!400"},
      {sized("3\r\nContent-Length: 4", "abcd"), "!400"},
      {sized("3\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "!400"},
      {chunked("x\r\n"), "!400"},
      {chunked("-1\r\n"), "!400"},
      {chunked("fffffffffffffffff\r\n"), "!400"},
      {chunked("100001\r\n"), "!413"},
      {chunked("3\r\nabcd\r\n"), "!400"},
      {chunked("3\nabc\r\n0\r\n\r\n"), "!400"},
      {chunked("0\r\nX: y\r\n\r\n"), "!400"},
      {chunked("0\r\nContent-Length: 5\r\n\r\n"), "!400"},
      {chunked("1;" + std::string(20'000, 'x')), "!400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: "
       "magic\r\n\r\nx",
       "!400"},
      {"GET /" + std::string(5000, 'a'), "!414"},
      {"GET / HTTP/1.1\r\nX: " + std::string(9000, 'a'), "!431"},
  };
  for (auto& [bytes, expected] : table)
    for (size_t piece : {size_t{1}, size_t{8192}}) {
      auto got = read(bytes + get, piece);
      if (got != std::vector{expected})
        CAF_ERROR(bytes.substr(0, 100)
                  << " in pieces of " << piece << ": "
                  << (got.empty() ? std::string{"nothing"} : got.front()));
    }
}

CAF_TEST(a reader says whether it is between requests) {
  request_reader reader{limits};
  auto feed = [&](std::string_view text) {
    std::memcpy(reader.prepare().data(), text.data(), text.size());
    reader.commit(text.size());
    return reader.advance();
  };
  CAF_CHECK(reader.empty());
  CAF_CHECK(feed("POST / HTTP/1.1\r\nHost: a\r\n") == step::head);
  CAF_CHECK(!reader.empty());
  CAF_CHECK(feed("Content-Length: 2\r\n\r\n") == step::body);
  CAF_CHECK(!reader.empty());
  CAF_CHECK(!reader.keep_alive());
  CAF_CHECK(feed("ab") == step::complete);
  CAF_CHECK(reader.keep_alive());
  reader.next();
  CAF_CHECK(reader.empty());
}

CAF_TEST(a caller refuses in place of the reader) {
  request_reader reader{limits};
  reader.refuse(caf::make_error(errc::request_timeout));
  CAF_CHECK(classify(reader.take().refusal) == errc::request_timeout);
  CAF_CHECK(!reader.keep_alive());
}
