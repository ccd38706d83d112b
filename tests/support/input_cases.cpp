#include "tests/support/input_cases.hpp"

#include "tests/support/schema_check.hpp"

#include <map>

namespace callboard::test {

namespace {

/// Fields whose values have rules of their own.
const std::map<std::string_view, const char*> special{
    {"skill_name", R"("build")"},        {"schedule_cron", R"("0 9 * * *")"},
    {"schedule", R"("0 9 * * *")"},      {"email", R"("somebody@example.com")"},
    {"password", R"("Passw0rd!")"},      {"new_password", R"("N3wPassword")"},
    {"direction", R"("bidirectional")"}, {"choice", R"("keep_db")"},
};

bool has_type(const json_value& schema, std::string_view type) {
  auto* types = member_of(schema, "type");
  if (types == nullptr)
    return false;
  if (types->IsString())
    return types->GetString() == type;
  for (auto& x : types->GetArray())
    if (x.GetString() == type)
      return true;
  return false;
}

int64_t bound(const json_value& schema, const char* key, int64_t fallback) {
  auto* found = member_of(schema, key);
  return found != nullptr && found->IsInt64() ? found->GetInt64() : fallback;
}

std::string text_of(int64_t length) {
  return '"' + std::string(static_cast<size_t>(length), 'a') + '"';
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    (out += '%') += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

void add_bounds(const json_value& schema, std::vector<std::string>& out) {
  constexpr int64_t none = -1;
  for (auto key : {"minimum", "maximum"})
    if (auto at = bound(schema, key, none); at != none)
      for (auto x : {at - 1, at, at + 1})
        out.push_back(std::to_string(x));
  for (auto key : {"minLength", "maxLength"})
    if (auto at = bound(schema, key, none); at != none && at < 100'000)
      for (auto x : {at - 1, at, at + 1})
        if (x >= 0)
          out.push_back(text_of(x));
  for (auto key : {"minItems", "maxItems"})
    if (auto at = bound(schema, key, none); at != none && at <= 10'000) {
      std::string items;
      for (int64_t i = 0; i <= at; ++i)
        items += (i == 0 ? "" : ",") + std::to_string(i + 1);
      out.push_back('[' + items + ']');
    }
}

} // namespace

std::string good_value(std::string_view name, const json_value& schema) {
  if (auto i = special.find(name); i != special.end())
    return i->second;
  if (auto* choices = member_of(schema, "enum"))
    return canonical((*choices)[0]);
  if (has_type(schema, "string"))
    return text_of(std::max<int64_t>(bound(schema, "minLength", 1), 1));
  if (has_type(schema, "integer"))
    return std::to_string(std::max<int64_t>(bound(schema, "minimum", 1), 1));
  if (has_type(schema, "boolean"))
    return "true";
  if (has_type(schema, "array"))
    return "[1]";
  return "{}";
}

std::vector<std::string> odd_values(const json_value& schema) {
  std::vector<std::string> out{
      "null",
      "true",
      "0",
      "-1",
      "1.5",
      "2147483648",
      "9007199254740993",
      "9223372036854775808",
      "1e999",
      "\"\"",
      "\"a\"",
      R"("\u0000")",
      R"("\ud800")",
      R"("'; DROP TABLE users; --")",
      R"("a\r\nX-Injected: 1")",
      R"("99999-12-31T23:59:59Z")",
      "[]",
      "[null]",
      "{}",
      R"({"a":[{"b":null}]})",
  };
  add_bounds(schema, out);
  return out;
}

std::vector<std::string> odd_texts(const json_value& schema) {
  std::vector<std::string> out;
  for (auto text :
       {"", "0", "-1", "2147483647", "2147483648", "9223372036854775808", "1.5",
        "1e3", "x", "null", "true", "' OR 1=1 --", "../../etc/passwd",
        "a\r\nX-Injected: 1", "\xc3\xa9", "\xff"})
    out.push_back(percent_encoded(text));
  for (auto key : {"minimum", "maximum", "maxLength"})
    if (auto at = bound(schema, key, -1); at >= 0) {
      if (std::string_view{key} != "maxLength") {
        out.push_back(std::to_string(at - 1));
        out.push_back(std::to_string(at + 1));
      } else if (at < 2000) {
        out.emplace_back(static_cast<size_t>(at + 1), 'a');
      }
    }
  return out;
}

std::string body_of(const json_value& schema, std::string_view with,
                    const std::string& value, std::string_view without) {
  std::string out;
  auto add = [&](std::string_view name, const std::string& json) {
    out += (out.empty() ? "{\"" : ",\"") + std::string{name} + "\":" + json;
  };
  if (auto* required = member_of(schema, "required"))
    for (auto& x : required->GetArray()) {
      std::string_view name{x.GetString(), x.GetStringLength()};
      if (name != with && name != without)
        add(name, good_value(name, *member_of(schema["properties"], name)));
    }
  if (!with.empty())
    add(with, value);
  return out.empty() ? "{}" : out + '}';
}

} // namespace callboard::test
