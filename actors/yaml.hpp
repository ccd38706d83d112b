// YAML as we take it: the plain part of it, within bounds.
#pragma once

#include "protocols/json.hpp"

#include <caf/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace callboard::actors {

struct yaml_node {
  enum class kind : uint8_t { plain, quoted, list, map };
  kind what = kind::plain;
  int line = 1;                  ///< where it begins, from 1 on
  std::string text;              ///< of a scalar; an empty plain one is null
  std::vector<std::string> keys; ///< of a map, one per item
  std::vector<yaml_node> items;  ///< of a list or map

  /// The item of a map, or null.
  const yaml_node* find(std::string_view key) const;
};

struct yaml_limits {
  int depth = 32;
  size_t nodes = 100'000;
};

/// The one document of `bytes`. `bad_request` that names the line: no UTF-8,
/// control characters, no document or several, anchors and aliases (they
/// multiply), tags, merge keys, keys that are no text or come twice, more
/// levels or nodes than the limits, or no YAML.
caf::expected<yaml_node> read_yaml(std::string_view bytes,
                                   yaml_limits limits = {});

/// `bad_request`: `line <n>: <text>`.
caf::error refuse_line(int line, std::string_view text);

/// The node as JSON text. Plain scalars are null, booleans and numbers as JSON
/// has them, else text.
std::string json_of(const yaml_node& x);

} // namespace callboard::actors
