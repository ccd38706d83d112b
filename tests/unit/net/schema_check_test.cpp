#define CAF_SUITE schema_check
#include "tests/support/schema_check.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using callboard::test::schema_check;

namespace {

/// What is wrong with the value, by a schema that may refer to `A`.
std::string problem(const char* schema, const char* value) {
  auto document = parse_json(
      R"({"components":{"schemas":{"A":{"type":"string","minLength":2}}}})");
  auto rule = parse_json(schema);
  auto given = parse_json(value);
  return schema_check{*document}.problem(*rule, *given);
}

} // namespace

CAF_TEST(what fits a schema has no problem) {
  const std::pair<const char*, const char*> table[] = {
      {"{}", "[1,null]"},
      {R"({"type":"integer","minimum":1,"maximum":3})", "3"},
      {R"({"type":["integer","null"]})", "null"},
      {R"({"type":"number"})", "1"},
      {R"({"type":"string","maxLength":1})", "\"\xc3\xa9\""},
      {R"({"enum":["a",null]})", "null"},
      {R"({"type":"string","pattern":"^[0-9]*$"})", "\"\""},
      {R"({"type":"string","format":"date-time"})",
       R"("2026-11-28T01:02:03.004Z")"},
      {R"({"type":"object","properties":{"a":{}},"required":["a"]})",
       R"({"a":1})"},
      {R"({"type":"object","additionalProperties":true})", R"({"a":1})"},
      {R"({"type":"object","additionalProperties":{"type":"integer"}})",
       R"({"a":1})"},
      {R"({"type":"array","items":{"$ref":"#/components/schemas/A"}})",
       R"(["ab"])"},
      {R"({"anyOf":[{"type":"null"},{"type":"string"}]})", "\"a\""},
  };
  for (auto& [schema, value] : table)
    CAF_CHECK_EQUAL(problem(schema, value), "");
}

CAF_TEST(what does not fit is told with its place) {
  const std::tuple<const char*, const char*, const char*> table[] = {
      {R"({"type":"integer"})", "1.5", "$: is no \"integer\""},
      {R"({"type":"integer"})", "null", "$: is no \"integer\""},
      {R"({"type":["string","null"]})", "1", "$: is no [\"string\",\"null\"]"},
      {R"({"minimum":1})", "0", "$: is below its minimum"},
      {R"({"maximum":1})", "2", "$: is above its maximum"},
      {R"({"minLength":1})", "\"\"", "$: is below its minLength"},
      {R"({"maxItems":1})", "[1,2]", "$: is above its maxItems"},
      {R"({"enum":["a"]})", "\"b\"", "$: is none of [\"a\"]"},
      {R"({"const":true})", "false", "$: is not true"},
      {R"({"pattern":"^a$"})", "\"b\"", "$: does not match its pattern"},
      {R"({"format":"date-time"})", "\"yesterday\"", "$: is no date-time"},
      {R"({"format":"date-time"})", "\"2026-11-28T01:02:03\"",
       "$: is no date-time"},
      {R"({"format":"uuid"})", "\"1\"", "$: is no uuid"},
      {R"({"properties":{"a":{}},"required":["a"]})", "{}", "$: lacks a"},
      {R"({"properties":{"a":{}}})", R"({"b":1})",
       "$: has the undeclared member b"},
      {R"({"additionalProperties":false})", R"({"b":1})",
       "$: has the undeclared member b"},
      {R"({"properties":{"a":{"type":"null"}}})", R"({"a":1})",
       "$.a: is no \"null\""},
      {R"({"additionalProperties":{"type":"null"}})", R"({"a":1})",
       "$.a: is no \"null\""},
      {R"({"items":{"$ref":"#/components/schemas/A"}})", R"(["ab","c"])",
       "$[1]: is below its minLength"},
      {R"({"$ref":"#/components/schemas/B"})", "1",
       "$: nothing is at \"#/components/schemas/B\""},
      {R"({"anyOf":[{"type":"null"},{"type":"string"}]})", "1",
       "$: is no \"null\", and $: is no \"string\""},
      {R"({"oneOf":[]})", "1",
       "$: has a schema with the unknown keyword oneOf"},
  };
  for (auto& [schema, value, expected] : table)
    CAF_CHECK_EQUAL(problem(schema, value), expected);
}
