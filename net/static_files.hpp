// A built frontend, served from a folder (`STATIC_DIR`).
#pragma once

#include "net/exchange.hpp"

#include <string>

namespace callboard::net {

/// True for requests that no route knows and that may be a file of the
/// frontend: GET or HEAD, outside `/api` and `/ws`.
bool may_be_file(const request& in);

/// Answers with the file, with `index.html` for a browser that goes to a page
/// of the frontend's own, or with 404. Never what is outside of `folder`,
/// begins with a dot, or is reached by a symbolic link.
void send_file(exchange& x, const std::string& folder);

} // namespace callboard::net
