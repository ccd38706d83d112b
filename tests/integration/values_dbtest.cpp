#define CAF_SUITE values
#include "protocols/error.hpp"
#include "tests/support/test_database.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;

namespace {

constexpr const char* values_table_postgres
    = "CREATE TABLE v (b boolean, i bigint, s text, t timestamptz(3))";
constexpr const char* values_table_sqlite
    = "CREATE TABLE v (b integer, i integer, s text, t integer) STRICT";

const std::vector<cell_kind> value_kinds{cell_kind::boolean, cell_kind::integer,
                                         cell_kind::text, cell_kind::timestamp};

const std::vector<std::string> hostile_texts{
    "",
    "'; DROP TABLE v; --",
    "\"quoted\" and \\backslashed\\ \\\" {}, NULL",
    "NULL",
    "{\"a\",NULL}",
    "line\nbreak\ttab\rreturn\x01\x7f",
    "\xF0\x9F\x98\x80 \xC3\xA9 \xE2\x80\xAE \xEF\xBB\xBF",
    "$1 ?1 %s ${x}",
    std::string(1 << 20, 'x'),
};

errc code_of(const caf::expected<rows>& x) {
  CAF_REQUIRE(!x);
  return classify(x.error());
}

} // namespace

CAF_TEST(every kind of value comes back as it was stored) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    run(*db, place.pick(values_table_postgres, values_table_sqlite));
    std::vector<record> all{
        {true, int64_t{0}, std::string{"text"}, timestamp{0}},
        {false, INT64_MAX, std::string{""}, timestamp{1'762'678'800'123}},
        {true, INT64_MIN, std::string{"x"}, timestamp{-1}},
        {null_t{}, null_t{}, null_t{}, null_t{}},
    };
    for (auto& x : all)
      CAF_REQUIRE(db->query(
          "INSERT INTO v (b, i, s, t) VALUES ($1, $2, $3, $4)", x, {}));
    auto found = db->query("SELECT b, i, s, t FROM v ORDER BY coalesce(i, 1)",
                           {}, value_kinds);
    CAF_REQUIRE(found);
    CAF_REQUIRE_EQUAL(found->size(), 4u);
    CAF_CHECK((*found)[0] == all[2]);
    CAF_CHECK((*found)[1] == all[0]);
    CAF_CHECK((*found)[2] == all[3]);
    CAF_CHECK((*found)[3] == all[1]);
  });
}

CAF_TEST(hostile text comes back unchanged) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    for (auto& text : hostile_texts) {
      auto back = value_of(*db, place.pick("SELECT $1::text", "SELECT $1"),
                           cell_kind::text, {cell{text}});
      CAF_CHECK(back == cell{text});
    }
  });
}

CAF_TEST(a text with NUL is refused before it reaches the database) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    std::vector<cell> params{std::string("a\0b", 3)};
    auto found = db->query(place.pick("SELECT $1::text", "SELECT $1"), params,
                           {{cell_kind::text}});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
  });
}

CAF_TEST(parameters count by their number and not by their order) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    std::vector<cell> params{std::string{"one"}, std::string{"two"}};
    auto found = db->query(
        place.pick("SELECT $2::text || '$1' || $1::text || $2::text",
                   "SELECT $2 || '$1' || $1 || $2 -- $3"),
        params, {{cell_kind::text}});
    CAF_REQUIRE(found);
    CAF_CHECK((*found)[0][0] == cell{std::string{"two$1onetwo"}});
  });
}

CAF_TEST(an array literal carries a column of hostile values) {
  test_database place{dialect_kind::postgres, content::empty};
  auto db = place.connect();
  std::vector<cell> texts;
  for (auto& x : hostile_texts)
    texts.emplace_back(x);
  texts.emplace_back(null_t{});
  std::vector<cell> params{array_literal(texts)};
  auto found = db->query("SELECT x FROM unnest($1::text[]) WITH ORDINALITY AS "
                         "u(x, i) ORDER BY i",
                         params, {{cell_kind::text}});
  CAF_REQUIRE(found);
  CAF_REQUIRE_EQUAL(found->size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i)
    CAF_CHECK((*found)[i][0] == texts[i]);
}

CAF_TEST(an array literal carries numbers and booleans and instants and nulls) {
  test_database place{dialect_kind::postgres, content::empty};
  auto db = place.connect();
  std::vector<cell> params{
      array_literal(std::vector<cell>{true, false, null_t{}}),
      array_literal(std::vector<cell>{int64_t{-1}, INT64_MAX, null_t{}}),
      array_literal(std::vector<cell>{timestamp{1},
                                      timestamp{1'762'678'800'123}, null_t{}})};
  auto found = db->query(
      "SELECT * FROM unnest($1::boolean[], $2::bigint[], "
      "$3::timestamptz[])",
      params, {{cell_kind::boolean, cell_kind::integer, cell_kind::timestamp}});
  CAF_REQUIRE(found);
  CAF_REQUIRE_EQUAL(found->size(), 3u);
  CAF_CHECK(((*found)[0] == record{true, int64_t{-1}, timestamp{1}}));
  CAF_CHECK(
      ((*found)[1] == record{false, INT64_MAX, timestamp{1'762'678'800'123}}));
  CAF_CHECK(((*found)[2] == record{null_t{}, null_t{}, null_t{}}));
  params = {array_literal({})};
  found = db->query("SELECT * FROM unnest($1::text[])", params,
                    {{cell_kind::text}});
  CAF_REQUIRE(found);
  CAF_CHECK(found->empty());
}

CAF_TEST(a set as one parameter finds its members in both databases) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    run(*db, place.pick(values_table_postgres, values_table_sqlite));
    std::vector<cell> wanted;
    for (auto& x : hostile_texts) {
      std::vector<cell> params{x};
      CAF_REQUIRE(db->query("INSERT INTO v (s) VALUES ($1)", params, {}));
      wanted.emplace_back(x);
    }
    run(*db, "INSERT INTO v (s, i) VALUES ('another', 7)");
    std::vector<cell> params{set_parameter(place.dialect(), wanted)};
    auto found = db->query("SELECT s FROM v WHERE s"
                               + any_of(place.dialect(), 1, "text"),
                           params, {{cell_kind::text}});
    CAF_REQUIRE(found);
    CAF_CHECK_EQUAL(found->size(), hostile_texts.size());
    params = {set_parameter(place.dialect(),
                            std::vector<cell>{int64_t{7}, int64_t{8}})};
    found = db->query("SELECT s FROM v WHERE i"
                          + any_of(place.dialect(), 1, "bigint"),
                      params, {{cell_kind::text}});
    CAF_REQUIRE(found);
    CAF_CHECK_EQUAL(found->size(), 1u);
  });
}

CAF_TEST(the clock of the database has whole milliseconds) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    auto before = now();
    auto there = std::get<timestamp>(value_of(
        *db, "SELECT " + current_time(place.dialect()), cell_kind::timestamp));
    auto after = now();
    CAF_CHECK(before <= there);
    CAF_CHECK(there <= after);
  });
}

CAF_TEST(a cell of another kind or another number of columns is an error) {
  on_both(content::empty, [](auto& place) {
    auto db = place.connect();
    auto found = db->query("SELECT 'x'", {}, {{cell_kind::integer}});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
    found = db->query("SELECT 1, 2", {}, {{cell_kind::integer}});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
    found = db->query("SELECT nonsense FROM nowhere", {}, {});
    CAF_CHECK_EQUAL(code_of(found), errc::internal);
  });
}
