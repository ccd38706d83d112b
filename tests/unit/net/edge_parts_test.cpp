#define CAF_SUITE edge_parts
#include "net/client_address.hpp"
#include "net/error_body.hpp"
#include "net/response_head.hpp"
#include "protocols/error.hpp"
#include "protocols/json.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

CAF_TEST(the client is the last address that no trusted proxy vouches for) {
  auto list = std::vector{*cidr::parse("10.0.0.0/8"), *cidr::parse("::1")};
  const std::tuple<const char*, const char*, const char*> table[] = {
      {"1.2.3.4", "", "1.2.3.4"},
      {"1.2.3.4", "9.9.9.9", "1.2.3.4"}, // not trusted: it may say anything
      {"10.0.0.1", "", "10.0.0.1"},
      {"10.0.0.1", "9.9.9.9", "9.9.9.9"},
      {"10.0.0.1", "8.8.8.8, 9.9.9.9", "9.9.9.9"},
      {"10.0.0.1", "8.8.8.8, 9.9.9.9, 10.0.0.2", "9.9.9.9"},
      {"10.0.0.1", " 9.9.9.9 ,10.0.0.2", "9.9.9.9"},
      {"10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"},
      {"10.0.0.1", "garbage", "10.0.0.1"},
      {"10.0.0.1", "9.9.9.9, garbage", "10.0.0.1"},
      {"10.0.0.1", ",", "10.0.0.1"},
      {"::1", "2001:db8::7", "2001:db8::7"},
  };
  for (auto& [peer, forwarded, expected] : table)
    CAF_CHECK_EQUAL(client_address(peer, forwarded, list), expected);
}

CAF_TEST(IPv6 clients are limited by their network) {
  CAF_CHECK_EQUAL(rate_limit_key("1.2.3.4"), "1.2.3.4");
  CAF_CHECK_EQUAL(rate_limit_key("2001:db8:1:2:3::4"),
                  rate_limit_key("2001:db8:1:2::9"));
  CAF_CHECK(rate_limit_key("2001:db8:1:3::4")
            != rate_limit_key("2001:db8:1:2::9"));
}

CAF_TEST(an internal error tells the client nothing) {
  auto body = render_error(
      caf::make_error(errc::internal, std::string{"secret path"}), "id-1");
  CAF_CHECK_EQUAL(body.status, 500u);
  CAF_CHECK(body.json.find("secret") == std::string::npos);
  CAF_CHECK(body.json.find("\"error_id\":\"id-1\"") != std::string::npos);
  for (auto foreign : {caf::make_error(caf::sec::runtime_error),
                       caf::make_error(caf::sec::unexpected_message)})
    CAF_CHECK_EQUAL(render_error(foreign, "x").status, 500u);
}

CAF_TEST(time - outs and dead actors are 503) {
  for (auto err : {caf::make_error(caf::sec::request_timeout),
                   caf::make_error(caf::sec::request_receiver_down),
                   caf::make_error(caf::sec::invalid_argument),
                   caf::error{caf::exit_reason::kill},
                   caf::make_error(errc::deadline_exceeded)})
    CAF_CHECK_EQUAL(render_error(err, "x").status, 503u);
}

CAF_TEST(a rejection shows its violations and a 429 both keys) {
  auto body = render_error(rejection("body", "name", "bad"), "x");
  CAF_CHECK_EQUAL(body.status, 422u);
  CAF_CHECK(body.json.starts_with("{\"detail\":[{\"type\":\"value_error\""));
  auto limited = render_error(
      caf::make_error(errc::too_many_requests, std::string{"slow"}), "x");
  CAF_CHECK(limited.json.find("\"detail\":\"slow\",\"error\":\"slow\"")
            != std::string::npos);
}

CAF_TEST(a problem document says the same in the words of RFC 9457) {
  auto body = render_problem(
      caf::make_error(errc::not_found, std::string{"Task 7 not found"}), "id");
  CAF_CHECK_EQUAL(body.status, 404u);
  CAF_CHECK_EQUAL(body.json,
                  "{\"type\":\"tag:callboard,2026:not_found\",\"title\":\"Not "
                  "Found\",\"status\":404,\"detail\":\"Task 7 not "
                  "found\",\"instance\":\"id\"}");
  auto secret = render_problem(
      caf::make_error(errc::internal, std::string{"secret path"}), "id");
  CAF_CHECK(secret.json.find("secret") == std::string::npos);
}

CAF_TEST(the violations of a problem are text and a list) {
  violations items{{"missing", location("body", "a"), "Field required"},
                   {"json_invalid", "[\"body\",17]", "JSON decode error"}};
  auto body = render_problem(rejection(items), "id");
  auto json = parse_json(body.json);
  CAF_REQUIRE(json);
  CAF_CHECK_EQUAL(std::string{(*json)["detail"].GetString()},
                  "body.a: Field required; body.17: JSON decode error");
  CAF_CHECK_EQUAL((*json)["errors"].Size(), 2u);
  CAF_CHECK_EQUAL(std::string{(*json)["errors"][0]["type"].GetString()},
                  "missing");
}

CAF_TEST(an answer without a body has no type and 304 no length) {
  std::string empty;
  response x;
  x.status = 200;
  write_head(empty, x, 0, true);
  CAF_CHECK(empty.find("\r\nContent-Type:") == std::string::npos);
  CAF_CHECK(empty.ends_with("Content-Length: 0\r\n\r\n"));
  std::string unchanged;
  x.status = 304;
  write_head(unchanged, x, 0, true);
  CAF_CHECK(unchanged.starts_with("HTTP/1.1 304 Not Modified\r\n"));
  CAF_CHECK(unchanged.find("Content-Length") == std::string::npos);
}

CAF_TEST(every head has its length and says when the connection ends) {
  std::string out;
  response x;
  x.status = 404;
  x.fields.emplace_back("X-A", "b");
  write_head(out, x, 12, false);
  CAF_CHECK(out.starts_with("HTTP/1.1 404 Not Found\r\nDate: "));
  CAF_CHECK(out.find("\r\nX-A: b\r\n") != std::string::npos);
  CAF_CHECK(out.ends_with("Connection: close\r\n"
                          "Content-Type: application/json\r\n"
                          "Content-Length: 12\r\n\r\n"));
}
