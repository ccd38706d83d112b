#include "protocols/entity_json.hpp"

#include "protocols/error.hpp"
#include "protocols/unicode.hpp"

namespace callboard {

namespace {

/// Larger inputs are not echoed: an answer must not grow with its request.
constexpr size_t max_echo = 1024;

std::string_view text_of(const json_value& value) {
  return {value.GetString(), value.GetStringLength()};
}

std::string number_ctx(std::string_view key, int64_t limit) {
  return '{' + json_quoted(key) + ':' + std::to_string(limit) + '}';
}

std::string characters(int64_t n) {
  return std::to_string(n) + (n == 1 ? " character" : " characters");
}

} // namespace

std::string echo(const json_value& value) {
  auto text = canonical(value);
  return text.size() <= max_echo ? text : "null";
}

void member_input::refuse(std::string type, std::string msg,
                          std::string ctx) const {
  problems.push_back({std::move(type), location("body", name), std::move(msg),
                      rule.secret ? "null" : echo(value), std::move(ctx)});
}

void read_json(const member_input& in, std::string& out) {
  if (!in.value.IsString())
    return in.refuse("string_type", "Input should be a valid string");
  auto text = text_of(in.value);
  auto length = static_cast<int64_t>(code_points(text));
  auto& rule = in.rule;
  if (length < rule.min)
    return in.refuse("string_too_short",
                     "String should have at least " + characters(rule.min),
                     number_ctx("min_length", rule.min));
  if (length > rule.max)
    return in.refuse("string_too_long",
                     "String should have at most " + characters(rule.max),
                     number_ctx("max_length", rule.max));
  if (rule.accepts != nullptr)
    if (auto why = rule.accepts(text)) {
      if (!rule.pattern.empty())
        return in.refuse("string_pattern_mismatch",
                         "String should match pattern '"
                             + std::string{rule.pattern} + '\'',
                         "{\"pattern\":" + json_quoted(rule.pattern) + '}');
      return in.refuse("value_error", "Value error, " + *why,
                       "{\"error\":" + json_quoted(*why) + '}');
    }
  out = text;
}

void read_json(const member_input& in, int64_t& out) {
  if (!in.value.IsInt64())
    return in.refuse("int_type", "Input should be a valid integer");
  auto value = in.value.GetInt64();
  if (value < in.rule.min)
    return in.refuse("greater_than_equal",
                     "Input should be greater than or equal to "
                         + std::to_string(in.rule.min),
                     number_ctx("ge", in.rule.min));
  if (value > in.rule.max)
    return in.refuse("less_than_equal",
                     "Input should be less than or equal to "
                         + std::to_string(in.rule.max),
                     number_ctx("le", in.rule.max));
  out = value;
}

void read_json(const member_input& in, bool& out) {
  if (!in.value.IsBool())
    return in.refuse("bool_type", "Input should be a valid boolean");
  out = in.value.GetBool();
}

void read_json(const member_input& in, timestamp& out) {
  if (!in.value.IsString())
    return in.refuse("string_type", "Input should be a valid string");
  if (auto t = parse_timestamp(text_of(in.value)))
    out = *t;
  else
    in.refuse("value_error", "Value error, not an RFC 3339 timestamp",
              R"({"error":"not an RFC 3339 timestamp"})");
}

void read_json(const member_input& in, json_text& out) {
  if (!in.value.IsObject())
    return in.refuse("dict_type", "Input should be a valid dictionary");
  auto text = canonical(in.value);
  if (static_cast<int64_t>(text.size()) > in.rule.max)
    return in.refuse("value_error",
                     "Value error, larger than " + std::to_string(in.rule.max)
                         + " bytes",
                     "{\"error\":\"larger than " + std::to_string(in.rule.max)
                         + " bytes\"}");
  out.text = std::move(text);
}

caf::expected<json_document> parse_object(std::string_view body) {
  json_document out;
  json_problem why;
  if (!parse_json(body, out, why))
    return rejection(violations{
        {"json_invalid", "[\"body\"," + std::to_string(why.offset) + ']',
         "JSON decode error", "{}",
         "{\"error\":" + json_quoted(why.text) + '}'}});
  if (!out.IsObject())
    return rejection(violations{
        {"model_attributes_type", "[\"body\"]",
         "Input should be a valid dictionary or object to extract fields from",
         "null"}}); // what it is may be a secret
  return out;
}

} // namespace callboard
