// The reference part of docs/api.md, from the API document.
#pragma once

#include "protocols/json.hpp"

#include <string>
#include <vector>

namespace callboard::test {

/// One operation, as Markdown.
struct reference_section {
  std::string heading; ///< `### POST /api/v1/tasks`
  std::string text;    ///< what follows, but for its example
};

/// In the order of the document.
std::vector<reference_section> reference_of(const json_value& document);

/// A list of the named schemas, as Markdown.
std::string schemas_text(const json_value& document);

/// A schema in words: `text of 1 to 255 characters, or null`.
std::string in_words(const json_value& schema);

} // namespace callboard::test
