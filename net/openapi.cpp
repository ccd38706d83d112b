#include "net/openapi.hpp"

#include "net/answer_schemas.hpp"
#include "net/openapi_operation.hpp"
#include "protocols/json.hpp"

#include <algorithm>
#include <set>

namespace callboard::net {

namespace {

bool is_change(verb x) {
  return x == verb::put || x == verb::patch || x == verb::del;
}

/// Paths and their operations, in the order of the routes.
class path_items {
public:
  /// `operation`: JSON.
  void add(const std::string& path, verb method, std::string operation) {
    auto found = std::find_if(items_.begin(), items_.end(),
                              [&](auto& x) { return x.first == path; });
    if (found == items_.end())
      found = items_.insert(found, {path, {}});
    found->second.emplace_back(method, std::move(operation));
  }

  void write(json_writer& out) const {
    out.StartObject();
    for (auto& [path, list] : items_) {
      out.Key(path);
      out.StartObject();
      for (auto& [method, text] : list) {
        out.Key(lower_name_of_verb(method));
        out.raw(text);
      }
      out.EndObject();
    }
    out.EndObject();
  }

private:
  using operations = std::vector<std::pair<verb, std::string>>;
  std::vector<std::pair<std::string, operations>> items_;
};

/// `login`, as an alias of it: `compatLogin`.
std::string id_of_alias(const route& x, std::string_view path) {
  std::string id{x.id};
  id.front() = static_cast<char>(id.front() - 'a' + 'A');
  return (path.starts_with("/api/users/") ? "compatUsers" : "compat") + id;
}

path_items all_operations(const router& table, schema_book& schemas) {
  path_items out;
  for (auto* x : table.all())
    out.add(std::string{x->pattern}, x->method,
            operation_json(schemas, *x, std::string{x->id}, {}));
  for (auto* x : table.all())
    for (auto& path : aliases(x->pattern))
      out.add(path, x->method,
              operation_json(schemas, *x, id_of_alias(*x, path), x->pattern));
  return out;
}

void put_schemas(json_writer& out, schema_book& schemas) {
  for (auto* x : {&error_schema, &validation_schema, &problem_schema,
                  &error_envelope_schema})
    schemas.use(*x);
  out.StartObject();
  for (auto& [name, text] : schemas.all()) {
    out.Key(name);
    out.raw(text);
  }
  out.EndObject();
}

constexpr std::string_view description
    = "Errors have the form of `Error`, or are RFC 9457 problem documents for "
      "clients that prefer them. `default` stands for what is refused before "
      "its path counts: 400 malformed or for another host, 408 too late, 414 "
      "and 431 too long.";

} // namespace

std::vector<unsigned> errors_of(const route& x) {
  std::set<unsigned> out{500, 503};
  auto add = [&](errc code) { out.insert(info(code).status); };
  for (auto code : x.fails)
    if (code != errc{})
      add(code);
  auto takes_body = x.body.type != nullptr;
  auto has_ids = x.pattern.find('{') != x.pattern.npos;
  if (!is_public(x.who))
    add(errc::unauthenticated);
  if (x.who == access::admin || x.who >= access::operator_)
    add(errc::forbidden);
  if (has_ids && !x.text_ids)
    add(errc::not_found);
  if (has_ids || takes_body || !x.query[0].empty())
    add(errc::rejected);
  if (takes_body)
    add(errc::too_large);
  if (x.limit != bucket::none)
    add(errc::too_many_requests);
  if (x.answer == answers::kept) {
    add(errc::conflict);
    add(errc::rejected);
  }
  if (is_change(x.method)
      && (x.answer == answers::versioned || x.answer == answers::enveloped))
    add(errc::precondition_failed);
  return {out.begin(), out.end()};
}

std::string_view tag_of(std::string_view pattern) {
  constexpr std::string_view canonical = "/api/v1/";
  if (pattern.starts_with(canonical)) {
    auto name = pattern.substr(canonical.size());
    name = name.substr(0, name.find('/'));
    return name == "readiness" || name == "liveness" ? "health" : name;
  }
  if (pattern.starts_with("/api/docs") || pattern.starts_with("/api/redoc")
      || pattern == "/api/openapi.json")
    return "docs";
  if (pattern.starts_with("/api/sync"))
    return "sync";
  return pattern.starts_with("/api/") ? "dashboard" : "health";
}

std::string openapi_json(const router& table, std::string_view title) {
  schema_book schemas;
  auto items = all_operations(table, schemas);
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  writer.Key("openapi");
  writer.String("3.1.0");
  writer.Key("info");
  writer.StartObject();
  writer.Key("title");
  writer.String(title);
  writer.Key("version");
  writer.String(CALLBOARD_VERSION);
  writer.Key("description");
  writer.String(description);
  writer.EndObject();
  writer.Key("servers");
  writer.raw(R"([{"url":"/"}])");
  writer.Key("security");
  writer.raw(R"([{"bearerAuth":[]}])");
  writer.Key("paths");
  items.write(writer);
  writer.Key("components");
  writer.StartObject();
  writer.Key("securitySchemes");
  writer.raw(
      R"({"bearerAuth":{"type":"http","scheme":"bearer","bearerFormat":"JWT"},)"
      R"("wsToken":{"type":"apiKey","in":"query","name":"token"}})");
  writer.Key("schemas");
  put_schemas(writer, schemas);
  writer.EndObject();
  writer.EndObject();
  return out;
}

} // namespace callboard::net
