// The supervision tree as text: JSON for REST, lines for the terminal.
#pragma once

#include "protocols/child.hpp"
#include "protocols/json.hpp"

#include <string>

namespace callboard {

/// Of each supervisor at most so many children are shown; the rest is counted.
inline constexpr size_t max_shown_children = 100;

/// Writes one record and what is below it.
void write_tree(json_writer& out, const child& x);

/// The answer of `GET /api/v1/supervision/tree` for people: one line per actor,
/// indented, with state, restarts, messages, backlog and last crash.
std::string tree_text(const json_value& answer);

} // namespace callboard
