#define CAF_SUITE trusted_hosts
#include "net/trusted_hosts.hpp"

#include <caf/test/unit_test.hpp>

#include <vector>

using namespace callboard::net;

CAF_TEST(a host is its name in any case and with any port) {
  const std::vector<std::string> allowed{"localhost", "127.0.0.1", "::1",
                                         "api.example.com"};
  const std::pair<std::string_view, bool> table[] = {
      {"localhost", true},
      {"localhost:8000", true},
      {"LOCALHOST:1", true},
      {"localhost:", true},
      {"127.0.0.1:8000", true},
      {"[::1]:8000", true},
      {"[::1]", true},
      {"API.example.com", true},
      {"localhost:x", false},
      {"localhost:800000", false},
      {"localhost:80:80", false},
      {"localhost.evil.com", false},
      {"evil.com:localhost", false},
      {"x.api.example.com", false},
      {"example.com", false},
      {"127.0.0.11", false},
      {"[::1", false},
      {"[::1]x", false},
      {"[::1]x:80", false},
      {"::1", false}, // without brackets: a port of nothing
      {"[]", false},
      {":80", false},
      {"", false},
      {"*", false},
  };
  for (auto& [host, expected] : table)
    if (is_allowed_host(allowed, host) != expected)
      CAF_ERROR("wrong for " << std::string{host});
  CAF_CHECK(!is_allowed_host({}, "localhost"));
}

CAF_TEST(a pattern stands for the names below it and a star for all) {
  const std::vector<std::string> below{"*.example.com"};
  for (auto host : {"a.example.com", "A.B.EXAMPLE.COM:443"})
    CAF_CHECK(is_allowed_host(below, host));
  for (auto host : {"example.com", ".example.com", "xexample.com",
                    "a.example.com.evil.com", "*.example.com.evil.com"})
    CAF_CHECK(!is_allowed_host(below, host));
  const std::vector<std::string> all{"*"};
  CAF_CHECK(is_allowed_host(all, "anything:1"));
  CAF_CHECK(!is_allowed_host(all, ""));
}
