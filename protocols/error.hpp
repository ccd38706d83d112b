// What can go wrong, once: every layer speaks these codes, `net/` renders them.
#pragma once

#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/make_message.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace callboard {

/// Why a request failed. The context of the `caf::error` is the `detail` text
/// that a client reads, except for `internal`, whose text goes to the log
/// alone, and `rejected`, whose text is the JSON array of violations
/// (`rejection()` makes it).
enum class errc : uint8_t {
  bad_request = 1,     ///< understood, but makes no sense
  unauthenticated,     ///< no token, or a bad one
  forbidden,           ///< known, but not allowed
  not_found,           ///< no such thing
  method_not_allowed,  ///< the path exists, this verb does not
  request_timeout,     ///< the client did not send its request in time
  conflict,            ///< contradicts the present state
  precondition_failed, ///< If-Match names another version
  too_large,           ///< the body is larger than the limit
  uri_too_long,        ///< the request line is longer than the limit
  rejected,            ///< validation: a list of violations
  upgrade_required,    ///< the path speaks another protocol
  too_many_requests,   ///< rate limit
  headers_too_large,   ///< header fields larger or more than the limit
  internal,            ///< a bug or an unforeseen failure
  unavailable,         ///< a dependency is down, or the server is full
  deadline_exceeded,   ///< nobody answered in time
};

struct errc_info {
  errc code;
  uint16_t status; ///< HTTP status
  std::string_view text;
};

/// In enum order, checked at compile time.
inline constexpr std::array errc_table{
    errc_info{errc::bad_request, 400, "Bad Request"},
    errc_info{errc::unauthenticated, 401, "Not authenticated"},
    errc_info{errc::forbidden, 403, "Forbidden"},
    errc_info{errc::not_found, 404, "Not Found"},
    errc_info{errc::method_not_allowed, 405, "Method Not Allowed"},
    errc_info{errc::request_timeout, 408, "Request Timeout"},
    errc_info{errc::conflict, 409, "Conflict"},
    errc_info{errc::precondition_failed, 412, "Precondition Failed"},
    errc_info{errc::too_large, 413, "Request body too large"},
    errc_info{errc::uri_too_long, 414, "Request line too long"},
    errc_info{errc::rejected, 422, "Unprocessable Entity"},
    errc_info{errc::upgrade_required, 426, "Upgrade Required"},
    errc_info{errc::too_many_requests, 429, "Rate limit exceeded"},
    errc_info{errc::headers_too_large, 431, "Header fields too large"},
    errc_info{errc::internal, 500, "Internal server error"},
    errc_info{errc::unavailable, 503, "Service unavailable"},
    errc_info{errc::deadline_exceeded, 503, "Service did not answer in time"},
};

/// The row of `code`.
constexpr const errc_info& info(errc code) {
  return errc_table[static_cast<size_t>(code) - 1];
}

static_assert([] {
  for (size_t i = 0; i < errc_table.size(); ++i)
    if (static_cast<size_t>(errc_table[i].code) != i + 1)
      return false;
  return true;
}());

/// The name of the code, as in this file.
std::string to_string(errc code);

/// The code of an error. Foreign categories: a timeout is
/// `deadline_exceeded`, a receiver that is gone is `unavailable`, all else
/// `internal`.
errc classify(const caf::error& err);

/// The `detail` of an error: its context, else the text of its code. For
/// `internal` this is what the log may see, not the client.
std::string detail(const caf::error& err);

} // namespace callboard

CAF_ERROR_CODE_ENUM(callboard::errc, "backend")
