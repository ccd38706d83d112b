#include "net/openapi_operation.hpp"

#include "net/answer_schemas.hpp"
#include "net/openapi.hpp"
#include "protocols/json.hpp"

#include <algorithm>

namespace callboard::net {

namespace {

// -- parameters ---------------------------------------------------------------

std::string integer_schema(const parameter& x) {
  auto out = R"({"type":"integer","minimum":)" + std::to_string(x.min)
             + ",\"maximum\":" + std::to_string(x.max);
  if (x.fallback != parameter::none)
    out += ",\"default\":" + std::to_string(x.fallback);
  return out + '}';
}

std::string choice_schema(const parameter& x) {
  std::string names;
  for (auto name : x.choices)
    names += (names.empty() ? "" : ",") + json_quoted(name);
  auto out = R"({"type":"string","enum":[)" + names + ']';
  if (x.fallback != parameter::none)
    out += ",\"default\":"
           + json_quoted(x.choices[static_cast<size_t>(x.fallback)]);
  return out + '}';
}

std::string schema_of(const parameter& x) {
  switch (x.kind) {
  case parameter_kind::integer:
    return integer_schema(x);
  case parameter_kind::choice:
    return choice_schema(x);
  case parameter_kind::boolean:
    return std::string{R"({"type":"boolean","default":)"}
           + (x.fallback == 1 ? "true}" : "false}");
  case parameter_kind::instant:
    return std::string{an_instant};
  case parameter_kind::id:
    return R"({"type":"string","pattern":"^[0-9]*$"})";
  case parameter_kind::text:
    return R"({"type":"string","maxLength":)" + std::to_string(x.max) + '}';
  }
  return "{}";
}

void put_parameter(json_writer& out, std::string_view name,
                   std::string_view place, std::string_view about,
                   std::string_view schema) {
  out.StartObject();
  out.Key("name");
  out.String(name);
  out.Key("in");
  out.String(place);
  if (place == "path") {
    out.Key("required");
    out.Bool(true);
  }
  if (!about.empty()) {
    out.Key("description");
    out.String(about);
  }
  out.Key("schema");
  out.raw(schema);
  out.EndObject();
}

void put_header_parameters(json_writer& out, const route& x) {
  if (x.answer == answers::kept)
    put_parameter(out, "Idempotency-Key", "header",
                  "the same request with the same key happens once in 24 h",
                  R"({"type":"string","minLength":1,"maxLength":255})");
  if (x.answer == answers::versioned && x.method == verb::get)
    put_parameter(out, "If-None-Match", "header",
                  "an ETag: 304 while the answer would be the same", a_text);
  else if (x.answer == answers::versioned)
    put_parameter(out, "If-Match", "header",
                  "an ETag: 412 if the row has another version", a_text);
}

void put_parameters(json_writer& out, const route& x) {
  out.StartArray();
  for (auto name : parameter_names(x.pattern))
    put_parameter(out, name, "path", {},
                  x.text_ids
                      ? R"({"type":"string","minLength":1,"maxLength":255})"
                      : an_integer);
  for (auto& list : x.query)
    for (auto& item : list)
      put_parameter(out, item.name, "query", item.about, schema_of(item));
  put_header_parameters(out, x);
  out.EndArray();
}

// -- answers ------------------------------------------------------------------

void put_content(json_writer& out, std::string_view type,
                 std::string_view schema) {
  out.Key(type);
  out.StartObject();
  out.Key("schema");
  out.raw(schema);
  out.EndObject();
}

void put_headers(json_writer& out, const route& x, unsigned status) {
  std::string headers;
  auto add = [&](std::string_view name, std::string_view about) {
    headers += (headers.empty() ? "" : ",") + json_quoted(name)
               + ":{\"description\":" + json_quoted(about)
               + R"(,"schema":{"type":"string"}})";
  };
  auto tagged = x.answer == answers::versioned && x.method != verb::del
                && (status < 300 || status == 304);
  if (tagged || (x.answer == answers::kept && status == 201))
    add("ETag", "version of what is shown");
  if (x.answer == answers::kept && status == 201)
    add("Location", "path of the new row");
  if (!is_public(x.who) && (status < 300 || status == 304))
    add("X-Event-Position", "the answer tells of all events up to here");
  for (auto& gives : x.gives)
    if (gives.status == status && gives.type == "text/csv") {
      add("X-Next-Cursor", "where the next part begins; absent at the end");
      add("Content-Disposition", "names the file");
    }
  if (status == 401)
    add("WWW-Authenticate", "Bearer");
  if (status == 429 || status == 503)
    add("Retry-After", "[s]");
  if (headers.empty())
    return;
  out.Key("headers");
  out.raw('{' + headers + '}');
}

/// All answers of one status: one entry per content type.
void put_given(json_writer& out, schema_book& schemas, const route& x,
               unsigned status) {
  out.Key("content");
  out.StartObject();
  for (auto& gives : x.gives)
    if (gives.status == status && gives.body != nullptr)
      put_content(out, gives.type, schemas.use(*gives.body));
    else if (gives.status == status)
      put_content(out, gives.type, a_text);
  out.EndObject();
}

std::string_view reason_of(unsigned status) {
  switch (status) {
  case 101:
    return "The connection speaks another protocol from here on";
  case 200:
    return "Done";
  case 201:
    return "Made";
  case 202:
    return "Accepted";
  case 204:
    return "Done, without a body";
  default:
    break;
  }
  for (auto& row : errc_table)
    if (row.status == status)
      return row.text;
  return "Other";
}

void put_error_content(json_writer& out, schema_book& schemas, const route& x,
                       unsigned status) {
  out.Key("content");
  out.StartObject();
  auto* given = x.answer_of(status);
  if (x.answer == answers::enveloped) {
    put_content(out, "application/json", schemas.use(error_envelope_schema));
  } else {
    auto error = schemas.use(status == 422 ? validation_schema : error_schema);
    if (given != nullptr) // of the route's own beside the common one
      error = R"({"anyOf":[)" + schemas.use(*given->body) + ',' + error + "]}";
    put_content(out, "application/json", error);
    put_content(out, "application/problem+json", schemas.use(problem_schema));
  }
  out.EndObject();
}

void put_answer(json_writer& out, schema_book& schemas, const route& x,
                unsigned status) {
  out.Key(status == 0 ? "default" : std::to_string(status));
  out.StartObject();
  out.Key("description");
  out.String(status == 0 ? "Refused before its path counted"
                         : reason_of(status));
  put_headers(out, x, status);
  auto* given = x.answer_of(status);
  auto without = status == 101 || status == 204 || status == 304;
  if (status == 0 || status >= 400)
    put_error_content(out, schemas, x, status);
  else if (!without && given != nullptr)
    put_given(out, schemas, x, status);
  out.EndObject();
}

void put_answers(json_writer& out, schema_book& schemas, const route& x) {
  auto statuses = errors_of(x);
  for (auto& gives : x.gives)
    if (gives.status != 0)
      statuses.push_back(gives.status);
  if (x.answer == answers::versioned && x.method == verb::get)
    statuses.push_back(304);
  std::sort(statuses.begin(), statuses.end());
  statuses.erase(std::unique(statuses.begin(), statuses.end()), statuses.end());
  out.StartObject();
  for (auto status : statuses)
    put_answer(out, schemas, x, status);
  put_answer(out, schemas, x, 0);
  out.EndObject();
}

std::string summary_of(const route& x, std::string_view alias_of) {
  auto out = alias_of.empty() ? std::string{x.about}
                              : "Another name of " + std::string{alias_of};
  if (x.who == access::admin)
    out += " (admins)";
  if (x.who == access::operator_)
    out += " (admins, and who holds the server's key)";
  if (x.who == access::local)
    out += " (in production admins, and who asks on its machine)";
  return out;
}

} // namespace

std::string lower_name_of_verb(verb x) {
  std::string out{name_of_verb(x)};
  for (auto& c : out)
    c = static_cast<char>(c | 0x20);
  return out;
}

std::string operation_json(schema_book& schemas, const route& x,
                           const std::string& id, std::string_view alias_of) {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  writer.Key("operationId");
  writer.String(id);
  writer.Key("tags");
  writer.StartArray();
  writer.String(alias_of.empty() ? tag_of(x.pattern) : "dashboard");
  writer.EndArray();
  writer.Key("summary");
  writer.String(summary_of(x, alias_of));
  writer.Key("x-rate-limit");
  writer.raw("{\"bucket\":"
             + json_quoted(bucket_names[static_cast<size_t>(x.limit)]) + '}');
  if (x.who == access::open) {
    writer.Key("security");
    writer.raw("[]");
  } else if (x.who == access::handshake) {
    writer.Key("security");
    writer.raw(R"([{"wsToken":[]},{"bearerAuth":[]},{}])");
  } else if (x.who == access::local) {
    writer.Key("security");
    writer.raw(R"([{"bearerAuth":[]},{}])");
  }
  writer.Key("parameters");
  put_parameters(writer, x);
  if (x.body.type != nullptr) {
    writer.Key("requestBody");
    writer.raw(R"({"required":true,"content":{"application/json":{"schema":)"
               + schemas.use(x.body.of) + "}}}");
  }
  writer.Key("responses");
  put_answers(writer, schemas, x);
  writer.EndObject();
  return out;
}

} // namespace callboard::net
