#define CAF_SUITE cors
#include "net/cors.hpp"

#include <caf/test/unit_test.hpp>

#include <vector>

using namespace callboard::net;

CAF_TEST(an origin is allowed only as a whole) {
  const std::vector<std::string> allowed{"http://localhost:3000",
                                         "https://app.example.com"};
  const std::pair<std::string_view, bool> table[] = {
      {"http://localhost:3000", true},
      {"https://app.example.com", true},
      {"HTTPS://APP.example.com", true},
      {"http://localhost", false},
      {"http://localhost:30000", false},
      {"http://localhost:3000/", false},
      {"http://localhost:3000 ", false},
      {"https://localhost:3000", false},
      {"http://app.example.com", false},
      {"https://app.example.com.evil.com", false},
      {"https://evil.com/https://app.example.com", false},
      {"https://xapp.example.com", false},
      {"https://app.example.com, https://evil.com", false},
      {"app.example.com", false},
      {"null", false},
      {"*", false},
      {"", false},
  };
  for (auto& [origin, expected] : table)
    if (is_allowed_origin(allowed, origin) != expected)
      CAF_ERROR("wrong for " << std::string{origin});
  CAF_CHECK(!is_allowed_origin({}, "http://localhost:3000"));
}

CAF_TEST(a page may use the verbs of the contract and any list of headers) {
  for (auto method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
    CAF_CHECK(is_allowed_method(method));
  for (auto method : {"", "get", "TRACE", "CONNECT", "OPTIONS", "GET, POST"})
    CAF_CHECK(!is_allowed_method(method));
  for (auto headers :
       {"", "authorization", "Authorization, content-type", "x-a,x-b,,x_c"})
    CAF_CHECK(is_list_of_names(headers));
  for (auto headers : {"a: b", "a;b", "\"a\"", "a\r\nb", "<b>", "\xc3\xa4"})
    CAF_CHECK(!is_list_of_names(headers));
}
