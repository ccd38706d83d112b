// Inputs made from the API document: what an operation says it takes, and what
// it says it does not.
#pragma once

#include "protocols/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard::test {

/// A value that fits a schema of the document, as JSON. `name`: of the field or
/// parameter, for those with rules that no schema can say.
std::string good_value(std::string_view name, const json_value& schema);

/// Values at the bounds of the schema and beyond, of other types, and hostile
/// ones; as JSON.
std::vector<std::string> odd_values(const json_value& schema);

/// The same for a query string or a path: percent-encoded.
std::vector<std::string> odd_texts(const json_value& schema);

/// A body with all required fields; `with`: one of them, or another, replaced;
/// `without`: left out.
std::string body_of(const json_value& schema, std::string_view with = {},
                    const std::string& value = {},
                    std::string_view without = {});

} // namespace callboard::test
