#include "tests/support/api_reference.hpp"

#include "tests/support/schema_check.hpp"

#include <algorithm>

namespace callboard::test {

namespace {

std::string text(const json_value& object, const char* name) {
  auto* x = member_of(object, name);
  return x == nullptr ? "" : x->IsString() ? x->GetString() : canonical(*x);
}

std::string as_code(const std::string& x) { return '`' + x + '`'; }

/// ` of 1 to 255 characters`
std::string range(const json_value& schema, const char* least, const char* most,
                  const std::string& before, const std::string& unit) {
  auto low = text(schema, least);
  auto high = text(schema, most);
  if (high.empty())
    return low.empty() ? "" : before + "at least " + low + unit;
  return low.empty() ? before + "at most " + high + unit
                     : before + low + " to " + high + unit;
}

std::string choices(const json_value& list) {
  std::string out;
  for (auto& x : list.GetArray())
    if (!x.IsNull())
      out += (out.empty() ? "" : ", ") + as_code(x.GetString());
  return out;
}

std::string members(const json_value& schema) {
  std::string out;
  for (auto& x : schema["properties"].GetObject())
    out += (out.empty() ? "" : "; ") + as_code(x.name.GetString()) + ' '
           + in_words(x.value);
  return out;
}

std::string text_in_words(const json_value& schema) {
  if (auto* list = member_of(schema, "enum"))
    return choices(*list);
  if (text(schema, "format") == "date-time")
    return "instant";
  if (text(schema, "format") == "uuid")
    return "UUID";
  auto out
      = "text" + range(schema, "minLength", "maxLength", " of ", " characters");
  if (auto pattern = text(schema, "pattern"); !pattern.empty())
    out += " that matches " + as_code(pattern);
  return out;
}

std::string typed_in_words(const std::string& type, const json_value& schema) {
  if (type == "string")
    return text_in_words(schema);
  if (type == "integer")
    return "integer" + range(schema, "minimum", "maximum", ", ", "");
  if (type == "array")
    return "list of " + in_words(schema["items"])
           + range(schema, "minItems", "maxItems", ", ", " items");
  if (type == "object" && schema.HasMember("properties"))
    return "object {" + members(schema) + '}';
  if (auto about = text(schema, "description"); !about.empty())
    return type + " of " + about;
  return type;
}

std::string name_in(const std::string& reference) {
  return as_code(reference.substr(reference.rfind('/') + 1));
}

// -- one operation ------------------------------------------------------------

/// The schema of the first JSON content, else null.
const json_value* json_schema(const json_value& response) {
  auto* content = member_of(response, "content");
  auto* json
      = content != nullptr ? member_of(*content, "application/json") : nullptr;
  return json != nullptr ? member_of(*json, "schema") : nullptr;
}

std::string row(const std::string& name, const std::string& place,
                const std::string& type, const std::string& more) {
  return "| " + as_code(name) + " | " + place + " | " + type + " | " + more
         + " |\n";
}

std::string parameter_row(const json_value& x) {
  auto& schema = x["schema"];
  auto more = text(x, "description");
  if (x.HasMember("required"))
    more = "required";
  if (auto fallback = text(schema, "default"); !fallback.empty())
    more += (more.empty() ? "" : "; ") + std::string{"default "}
            + as_code(fallback);
  return row(text(x, "name"), text(x, "in"), in_words(schema), more);
}

std::string body_rows(const json_value& schema) {
  std::string out;
  auto* required = member_of(schema, "required");
  for (auto& x : schema["properties"].GetObject()) {
    auto must = required != nullptr
                && std::find(required->Begin(), required->End(), x.name)
                       != required->End();
    out += row(x.name.GetString(), "body", in_words(x.value),
               must ? "required" : "");
  }
  return out;
}

std::string fields(const json_value& document, const json_value& operation) {
  std::string rows;
  for (auto& x : operation["parameters"].GetArray())
    rows += parameter_row(x);
  if (auto* body = member_of(operation, "requestBody")) {
    auto* schema = json_schema(*body);
    if (auto* reference = member_of(*schema, "$ref"))
      schema = schema_check{document}.find(reference->GetString());
    rows += body_rows(*schema);
  }
  if (rows.empty())
    return {};
  return "| field | in | type | |\n|---|---|---|---|\n" + rows + '\n';
}

std::string answers(const json_value& operation) {
  std::string good;
  std::string bad;
  for (auto& x : operation["responses"].GetObject()) {
    std::string status = x.name.GetString();
    if (status >= "4") {
      bad += status == "default" ? "" : (bad.empty() ? "" : ", ") + status;
      continue;
    }
    good += (good.empty() ? "" : "; ") + status;
    if (auto* schema = json_schema(x.value))
      good += ' ' + in_words(*schema);
    else if (auto* content = member_of(x.value, "content"))
      good
          += std::string{" `"} + content->MemberBegin()->name.GetString() + '`';
  }
  return "Answers " + good + ". Errors: " + bad + ".\n";
}

std::string section_text(const json_value& document,
                         const json_value& operation) {
  auto* security = member_of(operation, "security");
  auto open = security != nullptr && security->Empty();
  auto free = security != nullptr && !open; // one of its choices is empty
  return text(operation, "summary") + ". *" + text(operation, "operationId")
         + "; "
         + (open   ? "no token"
            : free ? "token or none"
                   : "token")
         + "; bucket " + operation["x-rate-limit"]["bucket"].GetString()
         + ".*\n\n" + fields(document, operation) + answers(operation);
}

} // namespace

std::string in_words(const json_value& schema) {
  if (auto* x = member_of(schema, "$ref"))
    return name_in(x->GetString());
  std::string out;
  if (auto* list = member_of(schema, "anyOf")) {
    for (auto& x : list->GetArray())
      out += (out.empty() ? "" : " or ") + in_words(x);
    return out;
  }
  if (auto* x = member_of(schema, "const"))
    return as_code(canonical(*x));
  auto* type = member_of(schema, "type");
  if (type == nullptr)
    return "any value";
  if (type->IsString())
    return typed_in_words(type->GetString(), schema);
  for (auto& x : type->GetArray())
    out += (out.empty() ? "" : " or ") + typed_in_words(x.GetString(), schema);
  return out;
}

std::vector<reference_section> reference_of(const json_value& document) {
  std::vector<reference_section> out;
  for (auto& path : document["paths"].GetObject())
    for (auto& x : path.value.GetObject()) {
      std::string verb = x.name.GetString();
      for (auto& c : verb)
        c = static_cast<char>(c & ~0x20);
      out.push_back({"### " + verb + ' ' + path.name.GetString(),
                     section_text(document, x.value)});
    }
  return out;
}

std::string schemas_text(const json_value& document) {
  std::string out;
  for (auto& x : document["components"]["schemas"].GetObject())
    out += "- " + as_code(x.name.GetString()) + ": "
           + (x.value.HasMember("properties") ? members(x.value)
                                              : in_words(x.value))
           + '\n';
  return out;
}

} // namespace callboard::test
