#define CAF_SUITE accept
#include "net/accept.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <utility>

using namespace callboard::net;

CAF_TEST(gzip is sent to whom it pleases) {
  const std::pair<const char*, bool> table[] = {
      {"gzip", true},
      {"GZip", true},
      {"x-gzip", true},
      {"gzip, deflate, br, zstd", true},
      {"deflate,gzip;q=0.5", true},
      {"gzip;q=0.001", true},
      {"gzip ; Q=1.000", true},
      {"*", true},
      {"*;q=0.1", true},
      {"identity, gzip", true},
      {"gzip;q=0, gzip", true}, // the kinder of two
      {",,gzip,,", true},
      {"br, *;q=0, gzip;q=0.2", true},
      {"", false},
      {" ", false},
      {"identity", false},
      {"deflate, br", false},
      {"gzip;q=0", false},
      {"gzip;q=0.000", false},
      {"*;q=0", false},
      {"gzip;q=0, *", false},
      {"identity;q=1, gzip;q=0.5", false},
      {"identity;q=0.5, *;q=0.2", false},
      {"xgzip", false},
      {"gzipx", false},
      {"\"gzip\"", false},
      // Malformed weights: as if the item were not there.
      {"gzip;q=", false},
      {"gzip;q", false},
      {"gzip;q=2", false},
      {"gzip;q=1.001", false},
      {"gzip;q=0.1234", false},
      {"gzip;q=.5", false},
      {"gzip;q=-1", false},
      {"gzip;q=0,5", false},
      {"gzip;q=1e0", false},
      {"gzip;q=\"1\"", false},
      {";q=1", false},
      {"gzip;q=x, *;q=0.3", true},
      {"gzip;level=\"a,b;q=0\"", true}, // a quoted comma ends nothing
      {"\"gzip, deflate", false},       // never closed
      {"\"\\", false},
  };
  for (auto& [text, expected] : table)
    if (accepts_gzip(text) != expected)
      CAF_ERROR("wrong for: " << text);
  CAF_CHECK(accepts_gzip(std::string(5000, ',') + "gzip"));
}

CAF_TEST(problem documents go to those who like them better than JSON) {
  const std::pair<const char*, bool> table[] = {
      {"application/problem+json", true},
      {"Application/Problem+JSON", true},
      {"application/problem+json; charset=utf-8", true},
      {"application/problem+json, application/json;q=0.9", true},
      {"application/problem+json, */*;q=0.1", true},
      {"application/problem+json;q=0.2, text/html", true},
      {"application/json;q=0, application/*", true},
      {"application/json;q=0.5, */*", true},
      {"application/json;q=0.5, application/*;q=0.6", true},
      {"text/plain, application/problem+json;q=0.001", true},
      {"", false},
      {"*/*", false},
      {"application/*", false},
      {"application/json", false},
      {"application/json, text/plain, */*", false},
      {"application/json, application/problem+json", false}, // a tie
      {"application/problem+json;q=0.5, application/json", false},
      {"application/problem+json;q=0", false},
      {"application/problem+json;q=0, */*", false},
      {"application/problem+json;q=7", false},
      {"application/problem+xml", false},
      {"application/problem", false},
      {"text/html, image/*;q=0.8", false},
      {"application/json;x=\"application/problem+json\"", false},
      {"*", false},
      {"*/json", false},
      {";;;,,,=", false},
  };
  for (auto& [text, expected] : table)
    if (prefers_problem(text) != expected)
      CAF_ERROR("wrong for: " << text);
}

CAF_TEST(a page goes to those who like HTML better than JSON) {
  const std::pair<const char*, bool> table[] = {
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
      {"text/html", true},
      {"text/*, application/json;q=0.5", true},
      {"", false},
      {"*/*", false},
      {"application/json, text/html", false},
      {"application/json, text/html;q=0.9", false},
      {"text/html;q=0", false},
      {"image/avif,image/webp,*/*;q=0.8", false},
  };
  for (auto& [accept, expected] : table)
    CAF_CHECK_EQUAL(prefers_html(accept), expected);
}
