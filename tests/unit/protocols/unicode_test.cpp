#define CAF_SUITE unicode
#include "protocols/password_policy.hpp"
#include "protocols/unicode.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;

CAF_TEST(UTF - 8 is as RFC 3629 has it) {
  for (auto good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                    "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"})
    CAF_CHECK(is_valid_utf8(good));
  for (auto bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80",
        "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "a\xc3"})
    CAF_CHECK(!is_valid_utf8(bad));
}

CAF_TEST(length is in code points) {
  CAF_CHECK_EQUAL(code_points(""), 0u);
  CAF_CHECK_EQUAL(code_points("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 4u);
}

CAF_TEST(folding is simple and has no locale) {
  const std::pair<const char*, const char*> table[] = {
      {"ABC xyz 123", "abc xyz 123"},
      {"\xc3\x89\xc3\x84", "\xc3\xa9\xc3\xa4"}, // E acute, A diaeresis
      {"\xce\xa3\xcf\x82", "\xcf\x83\xcf\x83"}, // sigma, final sigma
      {"\xc3\x9f", "\xc3\x9f"},                 // sharp s stays
      {"\xe1\xba\x9e", "\xc3\x9f"},             // capital sharp s
      {"\xd0\x96", "\xd0\xb6"},                 // Cyrillic zhe
      {"\xc4\x80\xc4\x81", "\xc4\x81\xc4\x81"}, // A macron, every second
      {"\xe2\x84\xaa", "k"},                    // Kelvin sign
      {"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8"}, // Deseret
      {"I\xc4\xb0", "i\xc4\xb0"},               // dotted I has no simple one
  };
  for (auto& [text, folded] : table)
    CAF_CHECK_EQUAL(fold_case(text), folded);
}

CAF_TEST(words end where letters and digits and marks end) {
  const std::pair<const char*, std::vector<std::string_view>> table[] = {
      {"", {}},
      {" \t-", {}},
      {"a", {"a"}},
      {" Fix 2 things\n", {"Fix", "2", "things"}},
      {"it's a@b.c 3.14", {"it", "s", "a", "b", "c", "3", "14"}},
      {"\xe2\x80\x9cso\xe2\x80\x9d\xe2\x80\x94yes\xe2\x80\xa6",
       {"so", "yes"}},                                // quotes, dash, dots
      {"\xf0\x9f\xa4\x96 bot", {"bot"}},              // a robot
      {"\xe2\x9a\xa0\xef\xb8\x8f mind", {"mind"}},    // with its look
      {"\xc3\x84rger", {"\xc3\x84rger"}},             // A diaeresis
      {"e\xcc\x81t\xc3\xa9", {"e\xcc\x81t\xc3\xa9"}}, // a mark of its own
      {"\xe0\xa4\xb9\xe0\xa4\xbf", {"\xe0\xa4\xb9\xe0\xa4\xbf"}}, // hi
      {"\xe4\xb8\xad\xe3\x80\x82\xe6\x96\x87",
       {"\xe4\xb8\xad", "\xe6\x96\x87"}}, // an ideographic full stop
      {"\xef\xbb\xbfx\xc2\xa0y", {"x", "y"}},
      {"a\xef\xbf\xbf\xef\xbf\xbe", {"a"}},
  };
  for (auto& [text, words] : table) {
    std::string_view rest = text;
    for (auto word : words)
      CAF_CHECK_EQUAL(take_word(rest), word);
    CAF_CHECK_EQUAL(take_word(rest), "");
    CAF_CHECK_EQUAL(rest, "");
  }
}

CAF_TEST(a password needs length and three classes of any script) {
  for (auto good : {"Passw0rd",
                    "\xc3\x89"
                    "aaaaaa1",
                    "A\xc3\xa9"
                    "aaaaa\xd9\xa1",
                    "Aa1\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
                    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80"})
    CAF_CHECK(!password_policy(good));
  CAF_CHECK(!password_policy("Aa1" + std::string(125, 'x')));
  for (std::string bad :
       {std::string{""}, std::string{"Aa1"}, std::string{"alllower1"},
        std::string{"ALLUPPER1"}, std::string{"NoDigitsHere"},
        "Aa1" + std::string(126, 'x'), std::string("Passw0rd\0x", 10)})
    CAF_CHECK(password_policy(bad));
}
