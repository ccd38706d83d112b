// One operation of the API document.
#pragma once

#include "net/router.hpp"

#include <string>
#include <string_view>

namespace callboard::net {

/// `post`
std::string lower_name_of_verb(verb x);

/// An Operation Object as JSON. `alias_of`: the pattern that this is another
/// name of; empty: none.
std::string operation_json(schema_book& schemas, const route& x,
                           const std::string& id, std::string_view alias_of);

} // namespace callboard::net
