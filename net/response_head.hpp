// The head of an answer, written by hand: it is on every path.
#pragma once

#include "net/http.hpp"

#include <string>

namespace callboard::net {

/// Appends status line, the security headers of every answer (rest-api section
/// 1.6), the answer's own fields, its length and the empty line.
void write_head(std::string& out, const response& x, size_t body_size,
                bool keep_alive);

} // namespace callboard::net
