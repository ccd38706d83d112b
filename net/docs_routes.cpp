// The API document and the pages that show it; 404 in production.
#include "net/assets.hpp"
#include "net/exchange.hpp"
#include "net/routes.hpp"
#include "protocols/digest.hpp"

namespace callboard::net {

namespace {

/// What Swagger UI needs to render: its icons are data URLs.
constexpr std::string_view swagger_policy
    = "default-src 'none'; script-src 'self'; style-src 'self'; "
      "img-src data:; connect-src 'self'; base-uri 'none'; "
      "form-action 'none'; frame-ancestors 'none'";

/// What Redoc needs: it makes its styles and its search worker itself.
constexpr std::string_view redoc_policy
    = "default-src 'none'; script-src 'self'; style-src 'self' "
      "'unsafe-inline'; img-src data:; connect-src 'self'; "
      "worker-src blob:; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'";

bool refuse_production(const exchange_ptr& x) {
  if (!x->server().settings.production())
    return false;
  x->fail(errc::not_found, "Not Found");
  return true;
}

void send_asset(const exchange_ptr& x, std::string_view name,
                std::string_view policy) {
  if (refuse_production(x))
    return;
  auto* found = find_asset(name);
  if (found == nullptr)
    return x->fail(errc::not_found, "Not Found");
  x->policy(policy);
  x->header("Cache-Control", "no-cache");
  x->tag('"' + std::string{found->hash.substr(0, 32)} + '"');
  x->send(200, std::string{found->text}, found->type);
}

void show_swagger(const exchange_ptr& x) {
  send_asset(x, "swagger.html", swagger_policy);
}

void show_redoc(const exchange_ptr& x) {
  send_asset(x, "redoc.html", redoc_policy);
}

/// Pages are at their own addresses, with their own policy.
void show_file(const exchange_ptr& x) {
  auto name = x->text();
  if (!name)
    return;
  if (name->ends_with(".html"))
    return x->fail(errc::not_found, "Not Found");
  send_asset(x, *name, strict_policy);
}

void show_document(const exchange_ptr& x) {
  if (refuse_production(x))
    return;
  auto& text = x->server().document;
  x->header("Cache-Control", "no-cache");
  x->tag('"' + sha256_hex(text).substr(0, 32) + '"');
  x->send(200, text);
}

constexpr schema document_schema{"OpenApiDocument", [](schema_book&) {
                                   return object_schema{}
                                       .put("openapi", a_text)
                                       .put("info", an_object)
                                       .put("servers", array_of(an_object))
                                       .put("security", array_of(an_object))
                                       .put("paths", an_object)
                                       .put("components", an_object)
                                       .done();
                                 }};

constexpr given_answer page{200, nullptr, "text/html"};

constexpr route table[] = {
    {.method = verb::get,
     .pattern = "/api/openapi.json",
     .handle = show_document,
     .who = access::open,
     .limit = bucket::none,
     .answer = answers::versioned,
     .id = "getOpenApi",
     .about = "Shows this document; 404 in production",
     .gives = {{200, &document_schema}},
     .fails = {errc::not_found}},
    {.method = verb::get,
     .pattern = "/api/docs",
     .handle = show_swagger,
     .who = access::open,
     .limit = bucket::none,
     .answer = answers::versioned,
     .id = "getApiDocs",
     .about = "Shows Swagger UI, which tries things out; 404 in production",
     .gives = {page},
     .fails = {errc::not_found}},
    {.method = verb::get,
     .pattern = "/api/redoc",
     .handle = show_redoc,
     .who = access::open,
     .limit = bucket::none,
     .answer = answers::versioned,
     .id = "getApiRedoc",
     .about = "Shows Redoc, to read; 404 in production",
     .gives = {page},
     .fails = {errc::not_found}},
    {.method = verb::get,
     .pattern = "/api/docs/{file}",
     .handle = show_file,
     .who = access::open,
     .limit = bucket::none,
     .answer = answers::versioned,
     .id = "getApiDocsFile",
     .about = "Sends a script or style of these pages; 404 in production",
     .text_ids = true,
     .gives = {{200, nullptr, "text/javascript"}, {200, nullptr, "text/css"}},
     .fails = {errc::not_found}},
};

} // namespace

std::span<const route> docs_routes() { return table; }

} // namespace callboard::net
