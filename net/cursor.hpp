// Opaque cursors: where the next page of a list begins, signed, so that only
// what the server gave out comes back.
#pragma once

#include "protocols/page.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace callboard::net {

/// `list` says which list it is, for whom, with which filters and order: a
/// cursor is good for that one alone. `key`: the server's.
std::string make_cursor(std::string_view key, std::string_view list,
                        const list_position& at);

/// Nothing if this server gave out no such cursor for this list.
std::optional<list_position>
read_cursor(std::string_view key, std::string_view list, std::string_view text);

} // namespace callboard::net
