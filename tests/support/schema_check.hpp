// Compares values with JSON Schemas of the API document.
#pragma once

#include "protocols/json.hpp"

#include <string>
#include <string_view>

namespace callboard::test {

/// Knows the keywords that our documents use and refuses all others, so that
/// nothing they say goes unchecked. Stricter than the draft in one point: a
/// member that an object's `properties` do not name is refused, unless
/// `additionalProperties` allows it.
class schema_check {
public:
  /// `document`: where `$ref` leads; outlives this.
  explicit schema_check(const json_value& document) : document_(document) {}

  /// Empty if the value fits, else where and why not: `$.tasks[0].id: ...`.
  std::string problem(const json_value& schema, const json_value& value,
                      const std::string& where = "$") const;

  /// What `#/components/schemas/Task` means; null if there is no such thing.
  const json_value* find(std::string_view reference) const;

private:
  std::string object_problem(const json_value& schema, const json_value& value,
                             const std::string& where) const;
  std::string any_problem(const json_value& schemas, const json_value& value,
                          const std::string& where) const;

  const json_value& document_;
};

/// The member of that name, or null.
const json_value* member_of(const json_value& object, std::string_view name);

} // namespace callboard::test
