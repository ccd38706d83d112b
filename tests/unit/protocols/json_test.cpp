#define CAF_SUITE json
#include "protocols/json.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidjson/stringbuffer.h>

using namespace callboard;

namespace {

std::string nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

struct hostile {
  const char* name;
  std::string text;
  const char* why;
};

} // namespace

CAF_TEST(hostile texts are refused with their reason) {
  const hostile table[] = {
      {"empty", "", "empty"},
      {"truncated", "{\"a\":", "value"},
      {"trailing", "{} x", "root"},
      {"two values", "{}{}", "root"},
      {"deep", nested(65), "deep"},
      {"a million brackets", std::string(1'000'000, '['), "deep"},
      {"duplicate key", R"({"a":1,"b":2,"a":3})", "duplicate"},
      {"nested duplicate", R"([{"x":{"a":1,"a":1}}])", "duplicate"},
      {"raw NUL", std::string("{\"a\":1}\0x", 9), "NUL"},
      {"escaped NUL", R"({"a":"\u0000"})", "U+0000"},
      {"NUL in a key", R"({"\u0000":1})", "U+0000"},
      {"lone low surrogate", R"({"a":"\udc00"})", "surrogate"},
      {"lone high surrogate", R"({"a":"\ud800"})", "surrogate"},
      {"raw bad UTF-8", "{\"a\":\"\xff\"}", "encoding"},
      {"overlong", "{\"a\":\"\xc0\xaf\"}", "encoding"},
      {"encoded surrogate", "{\"a\":\"\xed\xa0\x80\"}", ""},
      {"2^63", "[9223372036854775808]", "64 bits"},
      {"below -2^63", "[-9223372036854775809]", "64 bits"},
      {"huge exponent", "[1e999]", "too big"},
      {"NaN", "[NaN]", ""},
      {"leading zero", "[01]", ""},
      {"single quotes", "{'a':1}", ""},
      {"comment", "{/*x*/}", ""},
      {"control character", "{\"a\":\"\x01\"}", ""},
  };
  for (auto& x : table) {
    json_document out;
    json_problem why;
    CAF_CHECK(!parse_json(x.text, out, why));
    if (why.text.find(x.why) == std::string::npos
        && std::string{x.why} != "surrogate")
      CAF_ERROR(x.name << ": " << why.text);
    CAF_CHECK(!why.text.empty());
  }
}

CAF_TEST(good texts are read and have one canonical text) {
  const std::pair<const char*, const char*> table[] = {
      {" { \"b\" : 1 , \"a\" : [ true , null ] } ",
       R"({"a":[true,null],"b":1})"},
      {R"({"x":1.50,"y":1e3,"z":-0.0})", R"({"x":1.5,"y":1000.0,"z":-0.0})"},
      {"[9223372036854775807,-9223372036854775808]",
       "[9223372036854775807,-9223372036854775808]"},
      {R"(["\u00e9\/\n\u0001"])", "[\"\xc3\xa9/\\n\\u0001\"]"},
      {R"(["\ud83d\ude00"])", "[\"\xf0\x9f\x98\x80\"]"},
      {"0.1", "0.1"},
      {"{}", "{}"},
      {"[0.30000000000000004]", "[0.30000000000000004]"},
  };
  for (auto& [text, expected] : table) {
    json_document out;
    json_problem why;
    CAF_CHECK(parse_json(text, out, why));
    auto once = canonical(out);
    CAF_CHECK_EQUAL(once, expected);
    json_document again;
    CAF_CHECK(parse_json(once, again, why));
    CAF_CHECK_EQUAL(canonical(again), once);
  }
}

CAF_TEST(sixty four levels are allowed) {
  json_document out;
  json_problem why;
  CAF_CHECK(parse_json(nested(64), out, why));
}

CAF_TEST(a value is complete however long its parts are) {
  for (size_t n : {0, 1, 250, 251, 252, 253, 254, 255, 256, 257, 5000}) {
    std::string text(n, 'x');
    std::string out = "before";
    json_writer writer{out};
    writer.StartArray();
    writer.String(std::string_view{text});
    writer.raw('"' + text + '"');
    writer.String(std::string_view{text});
    writer.EndArray();
    auto quoted = '"' + text + '"';
    CAF_CHECK_EQUAL(out,
                    "before[" + quoted + ',' + quoted + ',' + quoted + ']');
  }
}

CAF_TEST(strings are written as RapidJSON writes them) {
  auto check = [](const std::string& text) {
    rapidjson::StringBuffer wanted;
    rapidjson::Writer<rapidjson::StringBuffer> theirs{wanted};
    theirs.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    CAF_CHECK_EQUAL(json_quoted(text),
                    std::string(wanted.GetString(), wanted.GetSize()));
  };
  for (int c = 0; c < 256; ++c)
    for (size_t before = 0; before < 18; ++before) {
      std::string text(18, 'a');
      text[before] = static_cast<char>(c);
      check(text);
      text[17 - before / 2] = static_cast<char>(255 - c);
      check(text);
    }
  check("");
  check(std::string(700, '"'));
}

CAF_TEST(a rejection is the array that a client reads) {
  auto err = rejection("body", "name", "must be \"good\"");
  json_document out;
  json_problem why;
  CAF_REQUIRE(err.context().match_elements<std::string>());
  CAF_REQUIRE(parse_json(err.context().get_as<std::string>(0), out, why));
  CAF_REQUIRE(out.IsArray() && out.Size() == 1);
  CAF_CHECK_EQUAL(std::string{out[0]["type"].GetString()}, "value_error");
  CAF_CHECK_EQUAL(std::string{out[0]["ctx"]["error"].GetString()},
                  "must be \"good\"");
}
