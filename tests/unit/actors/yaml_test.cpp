#define CAF_SUITE yaml
#include "actors/yaml.hpp"
#include "protocols/error.hpp"

#include <caf/test/unit_test.hpp>
#include <sys/resource.h>

#include <cstring>

using namespace callboard;
using namespace callboard::actors;

namespace {

std::string refusal(std::string_view text, yaml_limits limits = {}) {
  auto got = read_yaml(text, limits);
  if (got)
    return "accepted: " + json_of(*got);
  CAF_CHECK(classify(got.error()) == errc::bad_request);
  return detail(got.error());
}

std::string json(std::string_view text) {
  auto got = read_yaml(text);
  return got ? json_of(*got) : detail(got.error());
}

/// The most that this process ever had [bytes].
size_t peak_memory() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<size_t>(used.ru_maxrss) * 1024;
}

std::string repeated(std::string_view part, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i)
    out += part;
  return out;
}

/// A billion "lol" in a few lines.
std::string billion_laughs() {
  std::string out = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 10; ++i) {
    auto name = "a" + std::to_string(i);
    auto below = "*a" + std::to_string(i - 1);
    out += name + ": &" + name + " [" + below + repeated(", " + below, 8)
           + "]\n";
  }
  return out;
}

} // namespace

CAF_TEST(plain scalars are what JSON has and all else is text) {
  const std::pair<const char*, const char*> table[] = {
      {"x: 1", R"({"x":1})"},
      {"x: -1.5e3", R"({"x":-1.5e3})"},
      {"x: 007", R"({"x":"007"})"},
      {"x: 0x1F", R"({"x":"0x1F"})"},
      {"x: +1", R"({"x":"+1"})"},
      {"x: 1_000", R"({"x":"1_000"})"},
      {"x: .nan", R"({"x":".nan"})"},
      {"x: 1.", R"({"x":"1."})"},
      {"x: true", R"({"x":true})"},
      {"x: yes", R"({"x":"yes"})"},
      {"x: ~", R"({"x":null})"},
      {"x: null", R"({"x":null})"},
      {"x:", R"({"x":null})"},
      {"x: ''", R"({"x":""})"},
      {"x: 'true'", R"({"x":"true"})"},
      {"x: \"1\"", R"({"x":"1"})"},
      {"x: 2026-11-28T09:00:00Z", R"({"x":"2026-11-28T09:00:00Z"})"},
      {"x: [1, a, {b: c}]", R"({"x":[1,"a",{"b":"c"}]})"},
      {"x: {\"a\":1}", R"({"x":{"a":1}})"},
      {"x: |\n  a\n  b\n", R"({"x":"a\nb\n"})"},
      {"# only\nx: 1 # here", R"({"x":1})"},
      {"%YAML 1.2\n---\nx: 1\n...\n", R"({"x":1})"},
      {"\xef\xbb\xbfx: 1", R"({"x":1})"},
      {"x: 1\r\ny: 2\r\n", R"({"x":1,"y":2})"},
      {"just text", R"("just text")"},
  };
  for (auto& [text, expected] : table)
    CAF_CHECK_EQUAL(json(text), expected);
}

CAF_TEST(hostile documents are refused with the line) {
  const std::pair<std::string, std::string> table[] = {
      {"", "line 1: there is no document"},
      {"# nothing\n", "line 1: there is no document"},
      {"a: 1\n---\nb: 2\n", "line 2: there is more than one document"},
      {"a: 1\n...\n---\nb: 2\n", "line 3: there is more than one document"},
      {"a: &x 1", "line 1: anchors are not accepted"},
      {"a: 1\nb: &x [1]", "line 2: anchors are not accepted"},
      {"b: &x {}", "line 1: anchors are not accepted"},
      {"&x a: 1", "line 1: anchors are not accepted"},
      {"&x\na: 1", "line 1: anchors are not accepted"},
      {billion_laughs(), "line 1: anchors are not accepted"},
      {"a:\n  <<: {b: 1}", "line 2: merge keys are not accepted"},
      {"a: !!python/object:os.system x", "line 1: tags are not accepted"},
      {"a: !!str 1", "line 1: tags are not accepted"},
      {"a: !!map {}", "line 1: tags are not accepted"},
      {"a: !local []", "line 1: tags are not accepted"},
      {"a: 1\nb: 2\na: 3", "line 3: the key 'a' comes twice"},
      {"a: 1\n'a': 2", "line 2: the key 'a' comes twice"},
      {"? [1]\n: 2", "line 1: a key must be a text"},
      {"? {a: 1}\n: 2", "line 1: a key must be a text"},
      {"~: 1", "line 1: a key must be a text"},
      {": 1", "line 1: a key must be a text"},
      {std::string{"a: \0", 4}, "line 1: control characters are not accepted"},
      {"a: 1\nb: \x07", "line 2: control characters are not accepted"},
      {"a: \xff", "not UTF-8"},
      {"a: \xed\xa0\x80", "not UTF-8"},
      {std::string{"\xff\xfe"
                   "a\0",
                   4},
       "not UTF-8"},
      {"a: '\\ud800'", R"(accepted: {"a":"\\ud800"})"},
  };
  for (auto& [text, expected] : table)
    CAF_CHECK_EQUAL(refusal(text), expected);
}

CAF_TEST(what is no YAML is refused with the line) {
  for (auto text : {"a: [1", "a: {b: 1", "a: 'x", "a: \"x", "\ta: 1",
                    "a:\n\t- 1", "a: 1\n b: 2\nc", "x: -", "a: b: c", "a: @x",
                    "a: `x", "a: \"\\q\"", "a: \"\\ud800\"", "a: *x",
                    "- 1\nb: 2", "[1]]", "a: %x\n%", "a: |x\n"}) {
    auto got = refusal(text);
    if (!got.starts_with("line "))
      CAF_ERROR(text << ": " << got);
  }
}

CAF_TEST(depth and number of nodes are bounded) {
  CAF_CHECK_EQUAL(refusal(repeated("[", 33) + repeated("]", 33)),
                  "line 1: more than 32 levels");
  CAF_CHECK(read_yaml(repeated("[", 32) + repeated("]", 32)));
  CAF_CHECK_EQUAL(refusal(repeated("- ", 33) + 'x'),
                  "line 1: more than 32 levels");
  CAF_CHECK_EQUAL(refusal(repeated("- 1\n", 100'000)),
                  "line 100000: more than 100000 values");
  CAF_CHECK_EQUAL(refusal("[1,2,3]", {32, 3}), "line 1: more than 3 values");
  CAF_CHECK(read_yaml("[1,2]", {32, 3}));
}

CAF_TEST(what holds the parser up is refused before it costs much) {
  auto before = peak_memory();
  for (auto part : {"[", "{", "[a:"}) // 4 MiB took 1 GB
    CAF_CHECK_EQUAL(refusal(repeated(part, (4 << 20) / strlen(part))),
                    "line 1: more than 262144 bytes without a value");
  // The sanitizer keeps 256 MB of what was freed.
  CAF_CHECK(peak_memory() - before < size_t{600} << 20);
  for (auto part : {"{a: ",   "- ",         "? ",     "{? [",  "-\n ", "[{",
                    "a: [\n", "&a ",        "*a ",    "!a ",   ",",    ":",
                    "[1,",    "x\n ",       "# \n",   "\n",    " ",    "'",
                    "\"\\n",  "a: |\n x\n", "%A b\n", "---\n", "k"}) {
    auto got = refusal(repeated(part, (1 << 20) / strlen(part)));
    if (!got.starts_with("line "))
      CAF_ERROR(part << ": " << got);
  }
  auto text = "a: '" + std::string(200'000, 'x') + '\'';
  CAF_CHECK_EQUAL(read_yaml(text)->items[0].text.size(), 200'000u);
}

CAF_TEST(lines count from the beginning of the file) {
  auto got = read_yaml("# a\n\nx:\n  - 1\n  - y: 2\n");
  CAF_REQUIRE(got);
  auto* x = got->find("x");
  CAF_REQUIRE(x != nullptr);
  CAF_CHECK_EQUAL(x->items[0].line, 4);
  CAF_CHECK_EQUAL(x->items[1].find("y")->line, 5);
  CAF_CHECK(got->find("z") == nullptr);
}
