#include "tests/support/schema_check.hpp"

#include "protocols/digest.hpp"
#include "protocols/timestamp.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>
#include <array>
#include <regex>

namespace callboard::test {

namespace {

std::string_view text_of(const json_value& x) {
  return {x.GetString(), x.GetStringLength()};
}

constexpr std::array<std::string_view, 19> known_keywords{
    "type",      "enum",     "const",      "required",
    "items",     "minimum",  "maximum",    "minLength",
    "maxLength", "minItems", "maxItems",   "additionalProperties",
    "pattern",   "format",   "anyOf",      "properties",
    "$ref",      "default",  "description"};

bool has_type(const json_value& x, std::string_view type) {
  return (type == "object" && x.IsObject()) || (type == "array" && x.IsArray())
         || (type == "string" && x.IsString())
         || (type == "integer" && x.IsInt64())
         || (type == "number" && x.IsNumber())
         || (type == "boolean" && x.IsBool()) || (type == "null" && x.IsNull());
}

bool fits_type(const json_value& type, const json_value& x) {
  if (type.IsString())
    return has_type(x, text_of(type));
  return std::any_of(type.Begin(), type.End(),
                     [&](auto& item) { return has_type(x, text_of(item)); });
}

bool fits_format(std::string_view format, std::string_view text) {
  if (format == "date-time")
    return text.ends_with('Z') && parse_timestamp(text).has_value();
  if (format == "uuid")
    return is_uuid(text);
  return format == "password";
}

/// A number, a length or a count against its bounds.
std::string bounds_problem(const json_value& schema, double value,
                           const char* least, const char* most) {
  if (auto* x = member_of(schema, least); x && value < x->GetDouble())
    return std::string{"is below its "} + least;
  if (auto* x = member_of(schema, most); x && value > x->GetDouble())
    return std::string{"is above its "} + most;
  return {};
}

std::string text_problem(const json_value& schema, const json_value& value) {
  auto text = text_of(value);
  if (auto* x = member_of(schema, "format");
      x && !fits_format(text_of(*x), text))
    return "is no " + std::string{text_of(*x)};
  if (auto* x = member_of(schema, "pattern");
      x
      && !std::regex_search(std::string{text},
                            std::regex{std::string{text_of(*x)}}))
    return "does not match its pattern";
  return bounds_problem(schema, static_cast<double>(code_points(text)),
                        "minLength", "maxLength");
}

/// All but what is inside the value.
std::string own_problem(const json_value& schema, const json_value& value) {
  for (auto& x : schema.GetObject())
    if (std::find(known_keywords.begin(), known_keywords.end(), text_of(x.name))
        == known_keywords.end())
      return "has a schema with the unknown keyword "
             + std::string{text_of(x.name)};
  if (auto* x = member_of(schema, "type"); x && !fits_type(*x, value))
    return "is no " + canonical(*x);
  if (auto* x = member_of(schema, "const"); x && *x != value)
    return "is not " + canonical(*x);
  if (auto* x = member_of(schema, "enum");
      x && std::find(x->Begin(), x->End(), value) == x->End())
    return "is none of " + canonical(*x);
  if (value.IsString())
    return text_problem(schema, value);
  if (value.IsNumber())
    return bounds_problem(schema, value.GetDouble(), "minimum", "maximum");
  if (value.IsArray())
    return bounds_problem(schema, value.Size(), "minItems", "maxItems");
  return {};
}

} // namespace

const json_value* member_of(const json_value& object, std::string_view name) {
  if (!object.IsObject())
    return nullptr;
  for (auto& x : object.GetObject())
    if (text_of(x.name) == name)
      return &x.value;
  return nullptr;
}

const json_value* schema_check::find(std::string_view reference) const {
  if (!reference.starts_with("#/"))
    return nullptr;
  auto* at = &document_;
  for (reference.remove_prefix(1); at != nullptr && !reference.empty();) {
    reference.remove_prefix(1);
    auto name = reference.substr(0, reference.find('/'));
    reference.remove_prefix(name.size());
    at = member_of(*at, name);
  }
  return at;
}

std::string schema_check::any_problem(const json_value& schemas,
                                      const json_value& value,
                                      const std::string& where) const {
  std::string all;
  for (auto& x : schemas.GetArray()) {
    auto why = problem(x, value, where);
    if (why.empty())
      return {};
    all += (all.empty() ? "" : ", and ") + why;
  }
  return all;
}

std::string schema_check::object_problem(const json_value& schema,
                                         const json_value& value,
                                         const std::string& where) const {
  if (auto* names = member_of(schema, "required"))
    for (auto& name : names->GetArray())
      if (member_of(value, text_of(name)) == nullptr)
        return where + ": lacks " + std::string{text_of(name)};
  auto* properties = member_of(schema, "properties");
  auto* others = member_of(schema, "additionalProperties");
  for (auto& x : value.GetObject()) {
    auto name = text_of(x.name);
    auto* declared
        = properties != nullptr ? member_of(*properties, name) : nullptr;
    auto* rule = declared != nullptr ? declared : others;
    if (rule == nullptr ? properties != nullptr : rule->IsFalse())
      return where + ": has the undeclared member " + std::string{name};
    if (rule == nullptr || rule->IsBool())
      continue;
    if (auto why = problem(*rule, x.value, where + '.' + std::string{name});
        !why.empty())
      return why;
  }
  return {};
}

std::string schema_check::problem(const json_value& schema,
                                  const json_value& value,
                                  const std::string& where) const {
  if (auto* x = member_of(schema, "$ref")) {
    auto* meant = find(text_of(*x));
    return meant == nullptr ? where + ": nothing is at " + canonical(*x)
                            : problem(*meant, value, where);
  }
  if (auto why = own_problem(schema, value); !why.empty())
    return where + ": " + why;
  if (auto* x = member_of(schema, "anyOf"))
    return any_problem(*x, value, where);
  if (value.IsObject())
    return object_problem(schema, value, where);
  auto* items = member_of(schema, "items");
  if (!value.IsArray() || items == nullptr)
    return {};
  for (rapidjson::SizeType i = 0; i < value.Size(); ++i)
    if (auto why
        = problem(*items, value[i], where + '[' + std::to_string(i) + ']');
        !why.empty())
      return why;
  return {};
}

} // namespace callboard::test
