// The document of the API (OpenAPI 3.1), from the table of routes.
#pragma once

#include "net/router.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard::net {

/// The statuses that a request may get before its route is known: malformed,
/// for another host, too late, too long. Each operation has them as `default`.
inline constexpr std::array<unsigned, 4> early_statuses{400, 408, 414, 431};

/// The statuses of the errors that an operation may answer with, ascending:
/// those it names, and those that follow from how it is called.
std::vector<unsigned> errors_of(const route& x);

/// The tag of an operation: `tasks`, `auth`, `dashboard`, ...
std::string_view tag_of(std::string_view pattern);

/// The whole document as JSON. `title`: of the service.
std::string openapi_json(const router& table, std::string_view title);

} // namespace callboard::net
