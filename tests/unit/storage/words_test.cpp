#define CAF_SUITE words
#include "storage/words.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::storage;

namespace {

std::string sqlite(std::string_view text) {
  return all_words(dialect_kind::sqlite, text);
}

std::string postgres(std::string_view text) {
  return all_words(dialect_kind::postgres, text);
}

} // namespace

CAF_TEST(nothing of a text is an operator) {
  const std::tuple<std::string, std::string, std::string> table[] = {
      {"", "", ""},
      {" \n!?-", "", ""},
      {"Fix the BUG", "\"Fix\" AND \"the\" AND \"BUG\"",
       "'Fix' & 'the' & 'BUG'"},
      {"a a A", "\"a\"", "'a'"},
      {"x\"y", "\"x\" AND \"y\"", "'x' & 'y'"},
      {"it's", "\"it\" AND \"s\"", "'it' & 's'"},
      {"a OR b*", "\"a\" AND \"OR\" AND \"b\"", "'a' & 'OR' & 'b'"},
      {"NEAR(a b)", "\"NEAR\" AND \"a\" AND \"b\"", "'NEAR' & 'a' & 'b'"},
      {"content:x ^y", "\"content\" AND \"x\" AND \"y\"",
       "'content' & 'x' & 'y'"},
      {"a & !b | (c <-> d):*", "\"a\" AND \"b\" AND \"c\" AND \"d\"",
       "'a' & 'b' & 'c' & 'd'"},
      {"\\'; DROP TABLE x--", "\"DROP\" AND \"TABLE\" AND \"x\"",
       "'DROP' & 'TABLE' & 'x'"},
      {"3.14 a@b.c", "\"3\" AND \"14\" AND \"a\" AND \"b\" AND \"c\"",
       "'3' & '14' & 'a' & 'b' & 'c'"},
      {"\xc3\x84rger \xc3\xa4rger", "\"\xc3\x84rger\"", "'\xc3\x84rger'"},
      {"\xe2\x80\x9cquoted\xe2\x80\x9d", "\"quoted\"", "'quoted'"},
  };
  for (auto& [text, fts, tsquery] : table) {
    CAF_CHECK_EQUAL(sqlite(text), fts);
    CAF_CHECK_EQUAL(postgres(text), tsquery);
  }
}

CAF_TEST(long texts ask for a bounded number of words) {
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += "w" + std::to_string(i) + ' ';
  CAF_CHECK(sqlite(many).size() < 1500);
  CAF_CHECK_EQUAL(sqlite(std::string(300, 'x')), "");
  CAF_CHECK_EQUAL(telling_words(dialect_kind::postgres, "a bbb cc dddd"),
                  "'dddd' | 'bbb' | 'cc' | 'a'");
  auto told = telling_words(dialect_kind::sqlite, many);
  CAF_CHECK_EQUAL(std::count(told.begin(), told.end(), '"'), 16);
}
