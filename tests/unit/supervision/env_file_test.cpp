#define CAF_SUITE env_file

#include "supervision/env_file.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace callboard;

CAF_TEST(an env file has comments and quotes and exports and any line end) {
  auto x = parse_env_file("\xEF\xBB\xBF# comment\n"
                          "\n"
                          "  A=1\r\n"
                          "export B = two words  # comment\n"
                          "C='single # \\n \" '   # comment\n"
                          "D=\"double \\n \\\" \\$ \\x # '\"\n"
                          "E=\n"
                          "F=a#b\n"
                          "G=#empty\n"
                          "export\tH=x=y\n"
                          "exported=1\n"
                          "A=last");
  CAF_CHECK(x.problems.empty());
  const std::vector<std::pair<std::string, std::string>> expected{
      {"A", "1"},
      {"B", "two words"},
      {"C", "single # \\n \" "},
      {"D", "double \n \" $ \\x # '"},
      {"E", ""},
      {"F", "a#b"},
      {"G", ""},
      {"H", "x=y"},
      {"exported", "1"},
      {"A", "last"}};
  CAF_REQUIRE_EQUAL(x.values.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    CAF_CHECK_EQUAL(x.values[i].first, expected[i].first);
    CAF_CHECK_EQUAL(x.values[i].second, expected[i].second);
  }
}

CAF_TEST(a broken line of an env file is reported without its value) {
  auto x = parse_env_file("geheim\n=geheim\n1A=geheim\nA B=geheim\n"
                          "A='geheim\nA=\"geheim\\\"\nA='x'geheim\nOK=1\n"
                          + std::string("A=gehe\0im\n", 10) + "export geheim");
  CAF_CHECK_EQUAL(x.values.size(), 1u);
  CAF_REQUIRE_EQUAL(x.problems.size(), 9u);
  CAF_CHECK_EQUAL(x.problems[0], "line 1: no = behind the name");
  CAF_CHECK_EQUAL(x.problems[4], "line 5: no closing quote");
  CAF_CHECK_EQUAL(x.problems[7], "line 9: a NUL character");
  CAF_CHECK_EQUAL(x.problems[8], "line 10: no = behind the name");
  for (auto& text : x.problems)
    CAF_CHECK_EQUAL(text.find("geheim"), std::string::npos);
}
