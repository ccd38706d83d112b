// JSON Schema (draft 2020-12, as OpenAPI 3.1 has it) from declarations: what
// clients read, and what they may write.
#pragma once

#include "protocols/entity.hpp"
#include "protocols/list_of.hpp"

#include <string>
#include <string_view>
#include <type_traits>

namespace callboard {

/// A schema by its parts, so that it can be made nullable.
struct value_schema {
  std::string_view type;    ///< `string`
  std::string more = {};    ///< keywords, each with a comma before it
  std::string choices = {}; ///< JSON strings with commas; empty: any value
  bool nullable = false;

  /// `{"type":["string","null"],"maxLength":255}`
  std::string text() const;
};

/// `,"<key>":<limit>` of the bounds that the rule has.
std::string bounds(const rules& rule, std::string_view min_key,
                   std::string_view max_key);

/// `"a","b"`
template <named_enum E>
std::string quoted_names() {
  std::string out;
  for (auto name : enum_names<E>)
    out += (out.empty() ? "\"" : ",\"") + std::string{name} + '"';
  return out;
}

/// `make(rule)`: the schema of a member of this type; `rule` null: as it is
/// shown, which may be older than the rules.
template <class V>
struct schema_maker;

template <class V>
struct schema_maker<std::optional<V>> {
  static value_schema make(const rules* rule) {
    auto out = schema_maker<V>::make(rule);
    out.nullable = true;
    return out;
  }
};
template <named_enum E>
struct schema_maker<E> {
  static value_schema make(const rules*) {
    return {"string", {}, quoted_names<E>()};
  }
};
template <>
struct schema_maker<bool> {
  static value_schema make(const rules* rule);
};
template <>
struct schema_maker<int64_t> {
  static value_schema make(const rules* rule);
};
template <>
struct schema_maker<timestamp> {
  static value_schema make(const rules* rule);
};
template <>
struct schema_maker<std::string> {
  static value_schema make(const rules* rule);
};
template <>
struct schema_maker<json_text> {
  static value_schema make(const rules* rule);
};
template <>
struct schema_maker<text_list> {
  static value_schema make(const rules* rule);
};
template <>
struct schema_maker<id_list> {
  static value_schema make(const rules* rule);
};

/// Calls `f(name, schema)` for each field that clients read.
template <declared T, class F>
void for_each_shown(F f) {
  for_each_field<T>([&](auto& x, size_t) {
    using value = typename std::remove_cvref_t<decltype(x)>::value_type;
    if (x.rule.shown)
      f(x.name, schema_maker<value>::make(nullptr).text());
  });
}

/// The schema of a request body that `read_patch<T>(body, When)` accepts. Rules
/// between fields, and checks without a pattern, are beyond it.
template <declared T, given rules::*When>
std::string given_schema() {
  std::string required;
  std::string members;
  for_each_field<T>([&](auto& x, size_t) {
    using value = typename std::remove_cvref_t<decltype(x)>::value_type;
    if (x.rule.*When == given::never)
      return;
    if (x.rule.*When == given::required)
      required += (required.empty() ? "\"" : ",\"") + std::string{x.name} + '"';
    auto schema = schema_maker<value>::make(&x.rule);
    schema.nullable |= x.rule.null != null_input::none;
    members += (members.empty() ? "\"" : ",\"") + std::string{x.name}
               + "\":" + schema.text();
  });
  auto out = std::string{R"({"type":"object")"};
  if (!required.empty())
    out += ",\"required\":[" + required + ']';
  out += ",\"properties\":{" + members + '}';
  if constexpr (requires { entity<T>::closed; })
    if (When == entity<T>::closed)
      out += ",\"additionalProperties\":false";
  return out + '}';
}

} // namespace callboard
