// The schemas of answers and bodies, as routes name them.
#pragma once

#include "protocols/schema.hpp"

#include <map>
#include <string>
#include <string_view>

namespace callboard::net {

class schema_book;

/// A JSON Schema under one name among the components of the API document.
struct schema {
  std::string_view name; ///< `Task`; empty: used in place
  std::string (*text)(schema_book&) = nullptr;
};

/// The named schemas of a document, each once.
class schema_book {
public:
  /// `{"$ref":"#/components/schemas/Task"}`, or the schema itself if it has no
  /// name. Two different schemas of one name are a `std::logic_error`.
  std::string use(const schema& x);

  /// Name -> text, for all that was used and what these use.
  const std::map<std::string_view, std::string>& all() const { return all_; }

private:
  std::map<std::string_view, std::string> all_;
  std::map<std::string_view, std::string (*)(schema_book&)> made_by_;
};

inline constexpr std::string_view a_text = R"({"type":"string"})";
inline constexpr std::string_view an_integer = R"({"type":"integer"})";
inline constexpr std::string_view a_count = R"({"type":"integer","minimum":0})";
inline constexpr std::string_view a_number = R"({"type":"number"})";
inline constexpr std::string_view a_boolean = R"({"type":"boolean"})";
inline constexpr std::string_view an_instant
    = R"({"type":"string","format":"date-time"})";
inline constexpr std::string_view an_object
    = R"({"type":"object","additionalProperties":true})";
inline constexpr std::string_view a_text_or_null
    = R"({"type":["string","null"]})";

/// A text that is one of these: `choice_of({"healthy","degraded"})`.
std::string choice_of(std::initializer_list<std::string_view> names);

/// Such a value, or null.
std::string or_null(std::string_view value);

/// An array of such values.
std::string array_of(std::string_view items);

/// An object, member by member.
class object_schema {
public:
  /// A member that is always there. `value`: its schema.
  object_schema& put(std::string_view name, std::string_view value);
  /// One that may be absent.
  object_schema& maybe(std::string_view name, std::string_view value);

  /// All that clients read of a row.
  template <declared T>
  object_schema& members() {
    for_each_shown<T>([this](std::string_view name, const std::string& value) {
      put(name, value);
    });
    return *this;
  }

  std::string done() const;

private:
  std::string required_;
  std::string members_;
};

template <declared T>
std::string row_schema(schema_book&) {
  return object_schema{}.members<T>().done();
}

/// Rows of a schema without paging.
template <const schema& Row>
std::string array_schema(schema_book& all) {
  return array_of(all.use(Row));
}

/// What `send_page` sends. `list`: the name of the rows.
std::string page_schema(schema_book& all, std::string_view list,
                        const schema& row);

/// `{"success":true,"data":...}`; `data` empty: without.
std::string envelope_schema(std::string_view data);

/// `envelope_schema` of one row.
template <const schema& Row>
std::string enveloped(schema_book& all) {
  return envelope_schema(all.use(Row));
}

/// `envelope_schema` of rows.
template <const schema& Row>
std::string enveloped_rows(schema_book& all) {
  return envelope_schema(array_of(all.use(Row)));
}

/// What reads the body of a request.
struct body_rule {
  schema of;
  const void* type = nullptr; ///< `type_mark<T>`; null: no body
  given rules::*when = nullptr;
};

/// Its address is the type's.
template <declared T>
inline constexpr char type_mark = 0;

/// `exchange::read<T>(When)`. `as`: the schema of a body in another dialect.
template <declared T, given rules::*When>
constexpr body_rule takes(std::string_view name) {
  auto text = [](schema_book&) { return given_schema<T, When>(); };
  return {{name, text}, &type_mark<T>, When};
}
template <declared T, given rules::*When>
constexpr body_rule takes(schema as) {
  return {as, &type_mark<T>, When};
}

} // namespace callboard::net
