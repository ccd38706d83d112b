#define CAF_SUITE query
#include "net/query.hpp"
#include "protocols/task.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <stdexcept>

using namespace callboard;
using namespace callboard::net;

namespace {

constexpr parameter declared[] = {
    integer_in("a", "", 0, 10, 0),
    text_in("b", "", 10),
    text_in("d", "", 1),
    integer_in("n", "", 1, 100, 20),
    choice_in<task_status>("status", ""),
    choice_in<task_status>("other", ""),
    choice_in<task_order>("sort", ""),
    choice_in("order", "", std::optional{sort_order::desc}),
    integer_in("limit", "", 1, 100, 20),
    integer_in("offset", "", 0, 100, 0),
    flag_in("all", "", true),
    dashboard_id_in("agentId", ""),
    instant_in("from", ""),
};
constexpr parameter_list lists[] = {declared};

/// True if `f` breaks a promise of the declarations.
template <class F>
bool is_bug(F f) {
  try {
    f();
    return false;
  } catch (const std::logic_error&) {
    return true;
  }
}

std::string first_problem(query_string& x) {
  return x.problems().empty() ? "" : x.problems().front().type;
}

} // namespace

CAF_TEST(values are decoded and the last of a name counts) {
  query_string x{"a=1&b=x%20y+z&a=2&&c&d=%C3%A9", lists};
  CAF_CHECK_EQUAL(x.integer("a"), 2);
  CAF_CHECK_EQUAL(x.text("b"), "x y z");
  CAF_CHECK_EQUAL(x.text("d"), "\xc3\xa9");
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
    query_string x{raw, lists};
    x.integer("n");
    CAF_CHECK_EQUAL(first_problem(x), expected);
  }
}

CAF_TEST(a choice must be one of the names) {
  query_string x{"status=pending&sort=nope", lists};
  CAF_CHECK(x.choice<task_status>("status") == task_status::pending);
  CAF_CHECK(x.choice<task_status>("other") == std::nullopt);
  CAF_CHECK(x.problems().empty());
  x.choice<task_order>("sort");
  CAF_CHECK_EQUAL(x.problems().front().msg,
                  "Input should be 'created_at', 'next_run_at', 'updated_at' "
                  "or 'status'");
}

CAF_TEST(all problems are collected) {
  query_string x{"limit=0&offset=-1&all=maybe", lists};
  x.integer("limit");
  x.integer("offset");
  x.boolean("all");
  CAF_CHECK_EQUAL(x.problems().size(), 3u);
}

CAF_TEST(what is absent or refused has its declared default) {
  query_string x{"sort=nope&agentId=", lists};
  CAF_CHECK_EQUAL(x.integer("limit"), 20);
  CAF_CHECK_EQUAL(x.integer("limit", 7), 7);
  CAF_CHECK(x.boolean("all"));
  CAF_CHECK(x.choice<sort_order>("order") == sort_order::desc);
  CAF_CHECK(x.choice<task_order>("sort") == std::nullopt);
  CAF_CHECK_EQUAL(x.dashboard_id("agentId"), 0);
  CAF_CHECK(x.instant("from", timestamp{7}) == timestamp{7});
  CAF_CHECK_EQUAL(x.problems().size(), 1u);
}

CAF_TEST(nothing is read that is not declared as what it is read as) {
  query_string x{"n=1", lists};
  CAF_CHECK(!is_bug([&] { x.integer("n"); }));
  CAF_CHECK(is_bug([&] { x.integer("undeclared"); }));
  CAF_CHECK(is_bug([&] { x.text("n"); }));
  CAF_CHECK(is_bug([&] { x.boolean("n"); }));
  CAF_CHECK(is_bug([&] { x.choice<task_order>("status"); }));
}

CAF_TEST(what nobody asked for is known) {
  query_string x{"", lists};
  CAF_CHECK(x.ignored().find(" limit") != std::string::npos);
  x.integer("limit");
  CAF_CHECK(x.ignored().find(" limit") == std::string::npos);
}
