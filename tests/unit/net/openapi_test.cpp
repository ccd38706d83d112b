#define CAF_SUITE openapi
#include "net/openapi.hpp"
#include "net/routes.hpp"
#include "protocols/json.hpp"
#include "protocols/task.hpp"
#include "tests/support/schema_check.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <functional>
#include <set>
#include <stdexcept>

using namespace callboard;
using namespace callboard::net;
using callboard::test::member_of;
using callboard::test::schema_check;

namespace {

void serve(const exchange_ptr&) {}

struct fixture {
  fixture() {
    add_routes(table);
    document = std::move(*parse_json(openapi_json(table, "Callboard API")));
  }

  /// Calls `f(path, verb, operation)` for each operation.
  void each_operation(
      const std::function<void(const std::string&, const std::string&,
                               const json_value&)>& f) const {
    for (auto& path : document["paths"].GetObject())
      for (auto& operation : path.value.GetObject())
        f(path.name.GetString(), operation.name.GetString(), operation.value);
  }

  router table;
  json_document document;
};

void each_reference(const json_value& x,
                    const std::function<void(std::string_view)>& f) {
  if (x.IsArray())
    for (auto& item : x.GetArray())
      each_reference(item, f);
  if (!x.IsObject())
    return;
  for (auto& member : x.GetObject()) {
    if (member.name == "$ref")
      f(member.value.GetString());
    each_reference(member.value, f);
  }
}

std::set<unsigned> errors(route x) {
  auto list = errors_of(x);
  return {list.begin(), list.end()};
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(openapi_tests, fixture)

CAF_TEST(every route is declared under an id of its own) {
  std::set<std::string> ids;
  for (auto* x : table.all()) {
    auto name
        = std::string{name_of_verb(x->method)} + ' ' + std::string{x->pattern};
    if (x->id.empty() || x->about.empty() || x->gives[0].status == 0)
      CAF_ERROR("is not declared: " << name);
  }
  each_operation([&](auto& path, auto& verb, auto& operation) {
    if (!ids.insert(operation["operationId"].GetString()).second)
      CAF_ERROR("has the id of another: " << verb << ' ' << path);
  });
  CAF_CHECK(ids.size() > table.all().size()); // with the aliases
}

CAF_TEST(every reference leads to a schema and every schema is used) {
  std::set<std::string> used{"ErrorEnvelope", "Problem"};
  schema_check schemas{document};
  each_reference(document, [&](std::string_view text) {
    used.emplace(text.substr(text.rfind('/') + 1));
    if (schemas.find(text) == nullptr)
      CAF_ERROR("leads nowhere: " << text);
  });
  for (auto& x : document["components"]["schemas"].GetObject())
    if (used.count(x.name.GetString()) == 0)
      CAF_ERROR("nobody uses " << x.name.GetString());
}

CAF_TEST(every path has the parameters that it names) {
  each_operation([&](auto& path, auto& verb, auto& operation) {
    std::set<std::string> declared;
    for (auto& x : operation["parameters"].GetArray())
      if (x["in"] == "path")
        declared.insert(x["name"].GetString());
    std::set<std::string> named;
    for (auto x : parameter_names(path))
      named.emplace(x);
    if (declared != named)
      CAF_ERROR("has other parameters: " << verb << ' ' << path);
  });
}

CAF_TEST(errors follow from how an operation is called) {
  using set = std::set<unsigned>;
  route probe{verb::get, "/a", serve, access::open, bucket::none};
  CAF_CHECK_EQUAL(errors(probe), (set{500, 503}));
  route list{verb::get, "/a", serve};
  CAF_CHECK_EQUAL(errors(list), (set{401, 429, 500, 503}));
  route item{verb::get, "/a/{id}", serve};
  CAF_CHECK_EQUAL(errors(item), (set{401, 404, 422, 429, 500, 503}));
  item.text_ids = true;
  CAF_CHECK_EQUAL(errors(item), (set{401, 422, 429, 500, 503}));
  route change{verb::put, "/a/{id}", serve};
  change.answer = answers::versioned;
  change.body = takes<task, &rules::update>("TaskUpdate");
  change.fails[0] = errc::forbidden;
  CAF_CHECK_EQUAL(errors(change),
                  (set{401, 403, 404, 412, 413, 422, 429, 500, 503}));
  route create{verb::post, "/a", serve, access::admin};
  create.answer = answers::kept;
  CAF_CHECK_EQUAL(errors(create), (set{401, 403, 409, 422, 429, 500, 503}));
}

CAF_TEST(an open operation asks for no token and all others do) {
  each_operation([&](auto& path, auto& verb, auto& operation) {
    auto found = table.find(verb == "get" ? callboard::net::verb::get
                                          : callboard::net::verb::post,
                            path);
    auto* security = member_of(operation, "security");
    auto open = security != nullptr && security->Empty();
    auto has_401 = member_of(operation["responses"], "401") != nullptr;
    if (found.found != nullptr && (verb == "get" || verb == "post"))
      CAF_CHECK_EQUAL(open, found.found->who == access::open);
    auto later = found.found != nullptr
                 && found.found->who == access::handshake; // 101, then 1008
    if (!open && !later && !has_401)
      CAF_ERROR("does not say 401: " << verb << ' ' << path);
  });
}

CAF_TEST(a body shows the rules of its declaration) {
  auto& schemas = document["components"]["schemas"];
  auto& create = schemas["TaskCreate"];
  CAF_CHECK_EQUAL(canonical(create["required"]), R"(["skill_name"])");
  CAF_CHECK_EQUAL(canonical(create["properties"]["skill_name"]),
                  R"({"maxLength":255,"minLength":1,"type":"string"})");
  CAF_CHECK_EQUAL(canonical(create["properties"]["position"]),
                  R"({"maximum":2147483647,"minimum":1,)"
                  R"("type":["integer","null"]})");
  CAF_CHECK(member_of(create["properties"], "version") == nullptr);
  CAF_CHECK(member_of(create, "additionalProperties") == nullptr);
  CAF_CHECK(schemas["ProjectUpdate"]["additionalProperties"].IsFalse());
  auto& name = schemas["UserRegister"]["properties"]["username"];
  CAF_CHECK_EQUAL(std::string{name["pattern"].GetString()}, "^[a-zA-Z0-9_-]+$");
}

CAF_TEST(two schemas of one name are refused) {
  schema_book book;
  schema one{"A", [](schema_book&) { return std::string{"{}"}; }};
  schema other{"A", [](schema_book&) { return std::string{"true"}; }};
  book.use(one);
  book.use(one);
  try {
    book.use(other);
    CAF_ERROR("both were taken");
  } catch (const std::logic_error&) {
    CAF_CHECK_EQUAL(book.all().size(), 1u);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
