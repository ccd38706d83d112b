#include "protocols/schema.hpp"

#include "protocols/json.hpp"

namespace callboard {

namespace {

constexpr rules unlimited{};

value_schema list_schema(const char* items, const rules* rule) {
  return {"array",
          items
              + (rule != nullptr ? bounds(*rule, "minItems", "maxItems")
                                 : std::string{})};
}

} // namespace

std::string value_schema::text() const {
  auto quoted = '"' + std::string{type} + '"';
  auto out = "{\"type\":" + (nullable ? '[' + quoted + ",\"null\"]" : quoted);
  if (!choices.empty())
    out += ",\"enum\":[" + choices + (nullable ? ",null]" : "]");
  return out + more + '}';
}

std::string bounds(const rules& rule, std::string_view min_key,
                   std::string_view max_key) {
  std::string out;
  if (rule.min != unlimited.min)
    out += ",\"" + std::string{min_key} + "\":" + std::to_string(rule.min);
  if (rule.max != unlimited.max)
    out += ",\"" + std::string{max_key} + "\":" + std::to_string(rule.max);
  return out;
}

value_schema schema_maker<bool>::make(const rules*) { return {"boolean"}; }

value_schema schema_maker<int64_t>::make(const rules* rule) {
  return {"integer",
          rule != nullptr ? bounds(*rule, "minimum", "maximum") : ""};
}

value_schema schema_maker<timestamp>::make(const rules*) {
  return {"string", R"(,"format":"date-time")"};
}

value_schema schema_maker<std::string>::make(const rules* rule) {
  value_schema out{"string"};
  if (rule == nullptr)
    return out;
  out.more = bounds(*rule, "minLength", "maxLength");
  if (!rule->pattern.empty())
    out.more += ",\"pattern\":" + json_quoted(rule->pattern);
  if (rule->secret)
    out.more += R"(,"format":"password")";
  return out;
}

value_schema schema_maker<json_text>::make(const rules* rule) {
  value_schema out{"object", R"(,"additionalProperties":true)"};
  if (rule != nullptr && rule->max != unlimited.max)
    out.more += R"(,"description":"at most )" + std::to_string(rule->max)
                + " bytes of JSON\"";
  return out;
}

value_schema schema_maker<text_list>::make(const rules* rule) {
  return list_schema(
      R"(,"items":{"type":"string","minLength":1,"maxLength":255})", rule);
}

value_schema schema_maker<id_list>::make(const rules* rule) {
  return list_schema(R"(,"items":{"type":"integer","minimum":1})", rule);
}

} // namespace callboard
