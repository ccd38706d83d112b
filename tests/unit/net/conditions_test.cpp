#define CAF_SUITE conditions
#include "net/conditions.hpp"
#include "protocols/error.hpp"
#include "protocols/precondition.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

namespace {

request with(std::string_view name, std::string_view value) {
  request out;
  out.method = verb::put;
  out.fields.emplace_back(name, value);
  return out;
}

/// The versions an `If-Match` allows, `;` between them; or `400`.
std::string versions(std::string_view value) {
  call to;
  if (auto err = read_conditions(with("If-Match", value), to))
    return std::to_string(info(classify(err)).status);
  std::string out;
  for (auto& x : to.if_match)
    out += x + ';';
  return out;
}

} // namespace

CAF_TEST(a tag names id and version and what is shown beside the row) {
  CAF_CHECK_EQUAL(entity_tag(7, 3), "\"s7.3\"");
  auto detailed = entity_tag(7, 3, "[{\"id\":1}]");
  CAF_CHECK(detailed.starts_with("\"s7.3."));
  CAF_CHECK(detailed != entity_tag(7, 3, "[{\"id\":2}]"));
  CAF_CHECK_EQUAL(detailed, entity_tag(7, 3, "[{\"id\":1}]"));
  CAF_CHECK_EQUAL(gzip_tag("\"s7.3\""), "\"s7.3-gzip\"");
}

CAF_TEST(If - Match is a star or a list of tags and nothing else) {
  const std::pair<const char*, const char*> table[] = {
      {"*", ""},
      {" * ", ""},
      {"\"s7.3\"", "7.3;"},
      {"\"s7.3-gzip\"", "7.3;"},
      {"\"s7.3.1f\"", "7.3;"},
      {"\"s7.3.1f-gzip\"", "7.3;"},
      {"\"c7.3\"", "7.3;"}, // of another surface
      {"\"s7.3\" , \"s7.4\"", "7.3;7.4;"},
      {",\"s7.3\",,", "7.3;"},
      // Tags that name no version of ours.
      {"W/\"s7.3\"", "-;"},
      {"\"\"", "-;"},
      {"\"x\"", "-;"},
      {"\"s7\"", "-;"},
      {"\"s7.\"", "-;"},
      {"\"s.3\"", "-;"},
      {"\"s-7.3\"", "-;"},
      {"\"s7.3x\"", "-;"},
      {"\"7.3\"", "-;"},
      {"\"*\"", "-;"},
      {"\"-\"", "-;"},
      {"\"\xc3\xa4\"", "-;"},
      // No tags.
      {"", "400"},
      {",", "400"},
      {"s7.3", "400"},
      {"\"s7.3", "400"},
      {"s7.3\"", "400"},
      {"\"s7.3\" \"s7.4\"", "400"},
      {"\"s7.3\"x", "400"},
      {"\"s 7.3\"", "400"},
      {"*, \"s7.3\"", "400"},
      {"w/\"s7.3\"", "400"},
      {"W/", "400"},
      {"W/*", "400"},
      {"\"", "400"},
      {"\"\"\"", "400"},
      {"'s7.3'", "400"},
  };
  for (auto& [value, expected] : table)
    if (versions(value) != expected)
      CAF_ERROR("for " << value << ": " << versions(value));
}

CAF_TEST(only the version that is there passes) {
  call to;
  CAF_CHECK(!check_version(to, 7, 3));
  to.if_match = {"7.2", "7.3"};
  CAF_CHECK(!check_version(to, 7, 3));
  for (auto& err : {check_version(to, 7, 4), check_version(to, 8, 3),
                    check_version(to, 7, 30)})
    CAF_CHECK(classify(err) == errc::precondition_failed);
  to.if_match = {std::string{no_version}};
  CAF_CHECK(classify(check_version(to, 7, 3)) == errc::precondition_failed);
}

CAF_TEST(a change that wants nothing to be there meets something) {
  call to;
  CAF_CHECK(!read_conditions(with("If-None-Match", "*"), to));
  CAF_CHECK(classify(check_version(to, 7, 3)) == errc::precondition_failed);
  call other;
  CAF_CHECK(!read_conditions(with("If-None-Match", "\"s7.3\""), other));
  CAF_CHECK(other.if_match.empty());
}

CAF_TEST(a client knows what it has whether weak or strong or compressed) {
  auto tag = entity_tag(7, 3);
  for (auto value : {"\"s7.3\"", "W/\"s7.3\"", "\"s7.3-gzip\"",
                     "\"a\", W/\"s7.3-gzip\"", "*"})
    CAF_CHECK(knows(with("if-none-match", value), tag));
  for (auto value : {"", "\"s7.4\"", "s7.3", "\"s7.3\"x", "\"s7.3.1f\"",
                     "\"s7.3-gzip-gzip\"", "*, \"s7.3\"", "\"S7.3\""})
    CAF_CHECK(!knows(with("if-none-match", value), tag));
  CAF_CHECK(!knows(with("if-match", "*"), tag));
  auto two = with("if-none-match", "\"a\"");
  two.fields.emplace_back("If-None-Match", "\"s7.3\"");
  CAF_CHECK(knows(two, tag));
}
