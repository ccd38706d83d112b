// Rows as clients read them, and the answer that creating one gives.
#pragma once

#include "protocols/entity_json.hpp"
#include "protocols/kept_answer.hpp"
#include "protocols/precondition.hpp"

#include <string>

namespace callboard {

template <declared T>
std::string row_json(const T& row) {
  std::string out;
  json_writer writer{out};
  writer.StartObject();
  write_members(writer, row);
  writer.EndObject();
  return out;
}

/// `[...]` of what `render(row)` gives.
template <class Rows, class F>
std::string json_array(const Rows& rows, F render) {
  std::string out = "[";
  for (auto& row : rows) {
    if (out.size() > 1)
      out += ',';
    out += render(row);
  }
  out += ']';
  return out;
}

/// 201, with `Location` and `ETag`. `collection`: a path, `/api/v1/projects/`.
template <declared T>
kept_answer created_answer(const char* collection, const T& row) {
  return {201, collection + std::to_string(row.id),
          entity_tag(row.id, row.version), row_json(row)};
}

} // namespace callboard
