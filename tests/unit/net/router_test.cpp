#define CAF_SUITE router
#include "net/router.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

using namespace callboard::net;

namespace {

void one(const exchange_ptr&) {}
void two(const exchange_ptr&) {}

constexpr route table[] = {
    {verb::get, "/", one},
    {verb::get, "/a/{id}", one},
    {verb::put, "/a/{id}", two},
    {verb::post, "/a/fixed", two},
    {verb::get, "/a/{id}/b/{other}", two},
    {verb::get, "/{any}/{id}/b/last", one},
};

struct fixture {
  fixture() { routes.add(table); }
  router routes;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(router_tests, fixture)

CAF_TEST(a path with and without its last slash is one resource) {
  for (auto path : {"/a/7", "/a/7/"}) {
    auto x = routes.find(verb::put, path);
    CAF_REQUIRE(x.found != nullptr);
    CAF_CHECK(x.found->handle == two);
    CAF_CHECK_EQUAL(std::string{x.parameters[0]}, "7");
  }
  CAF_CHECK(routes.find(verb::get, "/").found != nullptr);
}

CAF_TEST(HEAD is served like GET) {
  CAF_CHECK(routes.find(verb::head, "/a/7").found == &table[1]);
}

CAF_TEST(an unknown path is not known and a wrong verb is told the right ones) {
  for (auto path : {"", "x", "/b", "/a", "/a//", "/a/7/b", "//a/7",
                    "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"})
    CAF_CHECK(!routes.find(verb::get, path).known_path);
  auto x = routes.find(verb::del, "/a/7");
  CAF_CHECK(x.found == nullptr);
  CAF_CHECK(x.known_path);
  CAF_CHECK_EQUAL(x.allowed, "GET, HEAD, PUT");
}

CAF_TEST(a literal path hides one with parameters whatever the verb) {
  CAF_CHECK(routes.find(verb::post, "/a/fixed").found == &table[3]);
  auto x = routes.find(verb::get, "/a/fixed");
  CAF_CHECK(x.found == nullptr);
  CAF_CHECK_EQUAL(x.allowed, "POST");
}

CAF_TEST(a literal that leads nowhere does not hide a parameter) {
  auto x = routes.find(verb::get, "/a/fixed/b/7");
  CAF_REQUIRE(x.found == &table[4]);
  CAF_CHECK_EQUAL(std::string{x.parameters[0]}, "fixed");
  x = routes.find(verb::get, "/x/fixed/b/last");
  CAF_REQUIRE(x.found == &table[5]);
  CAF_CHECK_EQUAL(std::string{x.parameters[0]}, "x");
}

CAF_TEST(of two patterns the one with fewer parameters is meant) {
  static constexpr route kept[] = {{verb::get, "/p/{a}/{b}", one},
                                   {verb::get, "/{a}/q/r", two},
                                   {verb::put, "/p/{a}/{b}", one}};
  router x;
  x.add(kept);
  auto found = x.find(verb::get, "/p/q/r");
  CAF_CHECK(found.found == &kept[1]);
  CAF_CHECK_EQUAL(found.parameter_count, 1u);
  CAF_CHECK_EQUAL(found.index, 1u);
  CAF_CHECK_EQUAL(x.find(verb::put, "/p/q/r").allowed, "GET, HEAD");
}

CAF_TEST(parameters come in the order of the pattern) {
  auto x = routes.find(verb::get, "/a/1/b/2");
  CAF_REQUIRE_EQUAL(x.parameter_count, 2u);
  CAF_CHECK_EQUAL(std::string{x.parameters[1]}, "2");
  CAF_CHECK_EQUAL(std::string{parameter_names(x.found->pattern)[1]}, "other");
}

CAF_TEST_FIXTURE_SCOPE_END()
