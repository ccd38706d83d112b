#define CAF_SUITE query
#include "net/query.hpp"
#include "protocols/task.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::net;

namespace {

std::string first_problem(query_string& x) {
  return x.problems().empty() ? "" : x.problems().front().type;
}

} // namespace

CAF_TEST(values are decoded and the last of a name counts) {
  query_string x{"a=1&b=x%20y+z&a=2&&c&d=%C3%A9"};
  CAF_CHECK_EQUAL(x.integer("a", 0, 0, 10), 2);
  CAF_CHECK_EQUAL(x.text("b", 10), "x y z");
  CAF_CHECK_EQUAL(x.text("d", 1), "\xc3\xa9");
  CAF_CHECK(x.has("c"));
  CAF_CHECK(!x.has("e"));
  CAF_CHECK(x.problems().empty());
}

CAF_TEST(integers out of bounds
         or form are named with the types of the contract) {
  const std::pair<const char*, const char*> table[] = {
      {"n=0", "greater_than_equal"},
      {"n=101", "less_than_equal"},
      {"n=2147483648", "less_than_equal"},
      {"n=99999999999999999999", "less_than_equal"},
      {"n=-99999999999999999999", "greater_than_equal"},
      {"n=", "int_parsing"},
      {"n=x", "int_parsing"},
      {"n=1.0", "int_parsing"},
      {"n=1%00", "value_error"},
      {"n=%zz", "value_error"},
      {"n=%ff", "value_error"},
      {"n=%4", "value_error"},
  };
  for (auto& [raw, expected] : table) {
    query_string x{raw};
    x.integer("n", 20, 1, 100);
    CAF_CHECK_EQUAL(first_problem(x), expected);
  }
}

CAF_TEST(a choice must be one of the names) {
  query_string x{"status=pending&sort=nope"};
  CAF_CHECK(x.choice<task_status>("status") == task_status::pending);
  CAF_CHECK(x.choice<task_status>("other") == std::nullopt);
  CAF_CHECK(x.problems().empty());
  x.choice<task_order>("sort");
  CAF_CHECK_EQUAL(x.problems().front().msg,
                  "Input should be 'created_at', 'next_run_at', 'updated_at' "
                  "or 'status'");
}

CAF_TEST(all problems are collected) {
  query_string x{"limit=0&offset=-1&all=maybe"};
  x.integer("limit", 20, 1, 100);
  x.integer("offset", 0, 0, 100);
  x.boolean("all", false);
  CAF_CHECK_EQUAL(x.problems().size(), 3u);
}
