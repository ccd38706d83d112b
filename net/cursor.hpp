// Opaque cursors: where the next page of a list begins, signed, so that only
// what the server gave out comes back.
#pragma once

#include "protocols/page.hpp"
#include "protocols/signing_keys.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace callboard::net {

/// `list` says which list it is, for whom, with which filters and order: a
/// cursor is good for that one alone.
std::string make_cursor(const signing_keys& keys, std::string_view list,
                        const list_position& at);

/// Nothing if this server gave out no such cursor for this list.
std::optional<list_position> read_cursor(const signing_keys& keys,
                                         std::string_view list,
                                         std::string_view text);

} // namespace callboard::net
