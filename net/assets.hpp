// The files of the API pages, carried by the program.
#pragma once

#include <string_view>

namespace callboard::net {

/// A file of `console/`, or of an npm package that `console/package.json` pins.
struct asset {
  std::string_view name; ///< `swagger-ui.css`
  std::string_view type; ///< content type
  std::string_view hash; ///< SHA-256, hex
  std::string_view text;
};

/// Null if there is none of that name.
const asset* find_asset(std::string_view name);

} // namespace callboard::net
