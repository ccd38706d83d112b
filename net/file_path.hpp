// What the path of a request says about a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace callboard::net {

/// The names that a path goes through, decoded; empty if it must not be served:
/// a name that is empty, begins with a dot or has a slash or backslash in it.
std::vector<std::string> file_segments(std::string_view path);

/// `text/html; charset=utf-8` for `index.html`; by the name alone.
std::string_view type_of_file(std::string_view name);

/// True if a name has a hash of its content in it, as bundlers make them:
/// `assets/index-BkX3a9fL.js`.
bool is_hashed(std::string_view path);

} // namespace callboard::net
