#define CAF_SUITE cursor
#include "net/cursor.hpp"
#include "protocols/digest.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

namespace {

const std::string secret = "0123456789abcdef0123456789abcdef";
const signing_keys key{secret};

bool reads(std::string_view text, std::string_view list = "a",
           const signing_keys& with = key) {
  return read_cursor(with, list, text).has_value();
}

} // namespace

CAF_TEST(a cursor brings back the position it was made of) {
  const cell values[] = {null_t{},
                         timestamp{1'764'020'000'123},
                         timestamp{-1},
                         int64_t{-9'007'199'254'740'993},
                         std::string{"failed"},
                         std::string{"h\xc3\xa9\"\\\n"},
                         std::string{}};
  for (auto& value : values) {
    auto text = make_cursor(key, "a", {42, value});
    CAF_CHECK(text.find_first_not_of(
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                  "0123456789-_")
              == text.npos);
    auto got = read_cursor(key, "a", text);
    CAF_REQUIRE(got);
    CAF_CHECK_EQUAL(got->id, 42);
    CAF_CHECK(got->value == value);
  }
}

CAF_TEST(a cursor is good for its own list and server alone) {
  auto text = make_cursor(key, "a", {42, timestamp{1}});
  CAF_CHECK(reads(text));
  CAF_CHECK(!reads(text, "b"));
  CAF_CHECK(!reads(text, ""));
  const std::string other = "another key of some server";
  CAF_CHECK(!reads(text, "a", signing_keys{other}));
  CAF_CHECK(reads(text, "a", signing_keys{other, secret})); // replaced
  // What ends the list's name does not begin the position.
  CAF_CHECK(!reads(make_cursor(key, "a[", {42, timestamp{1}})));
}

CAF_TEST(a forged cursor is none) {
  auto text = make_cursor(key, "a", {42, timestamp{1}});
  for (size_t i = 0; i < text.size(); ++i) {
    auto bent = text;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    CAF_CHECK(!reads(bent));
    CAF_CHECK(!reads(text.substr(0, i)));
  }
  auto raw = *base64url_decoded(text);
  for (auto& forged :
       {std::string{}, std::string{"A"}, std::string{"===="},
        std::string{"[42]"}, text + "A", text + "=", text + text, ' ' + text,
        text + std::string(1, '\0'), base64url(raw.substr(16)),
        base64url(std::string(16, '\0') + "[43]"),
        base64url(raw.substr(0, 16) + "[43,\"t\",1]"),
        base64url(raw.substr(0, 16)), std::string(5000, 'A'),
        std::string{"\xff\xfe"}})
    if (reads(forged))
      CAF_ERROR("took " << forged);
}
