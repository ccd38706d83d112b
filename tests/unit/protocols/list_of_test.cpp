#define CAF_SUITE list_of
#include "protocols/agent.hpp"
#include "protocols/entity_json.hpp"
#include "protocols/error.hpp"
#include "protocols/project.hpp"

#include <caf/test/unit_test.hpp>

using namespace callboard;

namespace {

/// The violations of a body: `type@loc`, or empty.
template <class T>
std::string problems(const std::string& body, given rules::*when) {
  auto document = parse_object(body);
  auto read = document ? read_patch<T>(*document, when)
                       : caf::expected<patch<T>>{document.error()};
  if (read)
    return "";
  json_document list;
  json_problem why;
  CAF_REQUIRE(parse_json(detail(read.error()), list, why));
  std::string out;
  for (auto& x : list.GetArray())
    out += (out.empty() ? "" : " ") + std::string{x["type"].GetString()} + '@'
           + canonical(x["loc"]);
  return out;
}

} // namespace

CAF_TEST(lists come back from their cell in order) {
  text_list names{{"b", "a", "\"\\", "h\xc3\xa9", ""}};
  text_list got;
  CAF_CHECK(from_cell(to_cell(names), got));
  CAF_CHECK(got == names);
  id_list ids{{3, -1, 9'007'199'254'740'993}};
  id_list back;
  CAF_CHECK(from_cell(to_cell(ids), back));
  CAF_CHECK(back == ids);
}

CAF_TEST(a cell that is no such list is refused) {
  text_list got;
  for (auto text : {"", "{}", "null", "[1]", "[\"a\",null]", "[\"a\"", "x"})
    CAF_CHECK(!from_cell(cell{std::string{text}}, got));
  CAF_CHECK(!from_cell(cell{int64_t{1}}, got));
  CAF_CHECK(!from_cell(cell{null_t{}}, got));
}

CAF_TEST(every bad item is named by its place) {
  const std::tuple<const char*, const char*> table[] = {
      {R"("python")", R"(list_type@["body","capabilities"])"},
      {R"(null)", R"(list_type@["body","capabilities"])"},
      {R"({"0":"a"})", R"(list_type@["body","capabilities"])"},
      {R"(["a",1,""])", R"(string_type@["body","capabilities",1] )"
                        R"(string_too_short@["body","capabilities",2])"},
      {R"([["a"]])", R"(string_type@["body","capabilities",0])"},
      {R"([null])", R"(string_type@["body","capabilities",0])"},
      {R"([])", ""},
      {R"(["a","a"])", ""},
  };
  for (auto& [list, expected] : table) {
    auto body = std::string{R"({"name":"n","type":"coder","capabilities":)"}
                + list + '}';
    CAF_CHECK_EQUAL(problems<agent>(body, &rules::create), expected);
  }
  CAF_CHECK_EQUAL(
      problems<task_ordering>(R"({"task_ids":[1,0,"2",1.5]})", &rules::create),
      R"(greater_than_equal@["body","task_ids",1] )"
      R"(int_type@["body","task_ids",2] int_type@["body","task_ids",3])");
  CAF_CHECK_EQUAL(problems<task_ordering>("{}", &rules::create),
                  R"(missing@["body","task_ids"])");
}

CAF_TEST(a list that is too long is refused as a whole) {
  std::string list;
  for (int i = 0; i <= 100; ++i)
    list += (i == 0 ? "\"" : ",\"") + std::to_string(i) + '"';
  auto body = R"({"name":"n","type":"coder","capabilities":[)" + list + "]}";
  CAF_CHECK_EQUAL(problems<agent>(body, &rules::create),
                  R"(value_error@["body","capabilities"])");
  auto item = std::string(256, 'x');
  CAF_CHECK_EQUAL(problems<agent>(R"({"name":"n","type":"coder",)"
                                  R"("capabilities":[")"
                                      + item + "\"]}",
                                  &rules::create),
                  R"(string_too_long@["body","capabilities",0])");
}

CAF_TEST(distinct keeps the first of equals) {
  CAF_CHECK(distinct({{"b", "a", "b", "B"}}) == (text_list{{"b", "a", "B"}}));
}

CAF_TEST(a closed body refuses what it does not know and names it) {
  CAF_CHECK_EQUAL(
      problems<project>(R"({"name":"n","id":1,"user_id":2,"x":null})",
                        &rules::update),
      R"(extra_forbidden@["body","id"] extra_forbidden@["body","user_id"] )"
      R"(extra_forbidden@["body","x"])");
  CAF_CHECK_EQUAL(problems<project>(R"({"name":"n","id":1,"sparc_mode":"x"})",
                                    &rules::create),
                  "");
}
