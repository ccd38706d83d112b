#define CAF_SUITE csv
#include "net/csv.hpp"
#include "protocols/task.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

CAF_TEST(texts are quoted where they must be and never a formula) {
  const std::pair<std::string, std::string> table[] = {
      {"", ""},
      {"plain text", "plain text"},
      {"a,b", "\"a,b\""},
      {"say \"hi\"", "\"say \"\"hi\"\"\""},
      {"two\nlines", "\"two\nlines\""},
      {"\r", "\"'\r\""},
      {"=1+1", "\"'=1+1\""},
      {"@SUM(A1)", "\"'@SUM(A1)\""},
      {"-2+3", "\"'-2+3\""},
      {"+\"x\"", "\"'+\"\"x\"\"\""},
      {"\t=1", "\"'\t=1\""},
      {"a=1", "a=1"},
      {"h\xc3\xa9", "h\xc3\xa9"},
  };
  for (auto& [text, line] : table) {
    std::string out;
    append_csv(out, text);
    CAF_CHECK_EQUAL(out, line);
  }
}

CAF_TEST(a row has a cell for each name) {
  task row;
  row.id = -7;
  row.skill_name = "s";
  row.title = "a,b";
  row.params = json_text{R"({"a":"b"})"};
  std::string out;
  append_csv_row(out, row);
  auto head = csv_head<task>();
  CAF_CHECK_EQUAL(head.substr(0, 27), "id,skill_name,schedule_cron");
  CAF_CHECK(head.find("title") != std::string::npos);
  CAF_CHECK(head.find("search_text") == std::string::npos);
  CAF_CHECK_EQUAL(out.substr(0, 5), "-7,s,");
  CAF_CHECK(out.find("\"a,b\"") != std::string::npos);
  CAF_CHECK(out.find(R"("{""a"":""b""}")") != std::string::npos);
  CAF_CHECK(out.ends_with("\r\n"));
}
