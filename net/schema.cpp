#include "net/schema.hpp"

#include "protocols/json.hpp"

#include <stdexcept>

namespace callboard::net {

std::string schema_book::use(const schema& x) {
  if (x.name.empty())
    return x.text(*this);
  auto [found, added] = made_by_.emplace(x.name, x.text);
  if (!added && found->second != x.text)
    throw std::logic_error{"two schemas have the name " + std::string{x.name}};
  if (added)
    all_[x.name] = x.text(*this);
  return R"({"$ref":"#/components/schemas/)" + std::string{x.name} + "\"}";
}

std::string choice_of(std::initializer_list<std::string_view> names) {
  std::string out;
  for (auto name : names)
    out += (out.empty() ? "" : ",") + json_quoted(name);
  return R"({"type":"string","enum":[)" + out + "]}";
}

std::string or_null(std::string_view value) {
  return R"({"anyOf":[)" + std::string{value} + R"(,{"type":"null"}]})";
}

std::string array_of(std::string_view items) {
  return R"({"type":"array","items":)" + std::string{items} + '}';
}

object_schema& object_schema::put(std::string_view name,
                                  std::string_view value) {
  required_ += (required_.empty() ? "" : ",") + json_quoted(name);
  return maybe(name, value);
}

object_schema& object_schema::maybe(std::string_view name,
                                    std::string_view value) {
  members_ += (members_.empty() ? "" : ",") + json_quoted(name) + ':';
  members_ += value;
  return *this;
}

std::string object_schema::done() const {
  auto out = std::string{R"({"type":"object")"};
  if (!required_.empty())
    out += ",\"required\":[" + required_ + ']';
  return out + ",\"properties\":{" + members_ + "}}";
}

std::string page_schema(schema_book& all, std::string_view list,
                        const schema& row) {
  return object_schema{}
      .put(list, array_of(all.use(row)))
      .put("total", a_count)
      .put("limit", a_count)
      .put("offset", a_count)
      .put("has_more", a_boolean)
      .put("next_cursor", a_text_or_null)
      .done();
}

std::string envelope_schema(std::string_view data) {
  object_schema out;
  out.put("success", R"({"type":"boolean","const":true})");
  if (!data.empty())
    out.put("data", data);
  return out.done();
}

} // namespace callboard::net
