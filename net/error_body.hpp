// One error, as a client reads it (rest-api section 1.5, D3; RFC 9457).
#pragma once

#include <caf/error.hpp>

#include <string>
#include <string_view>

namespace callboard::net {

struct error_body {
  unsigned status = 500;
  std::string json;
};

/// `detail`, `error_id`, `timestamp`, `status_code`; 429 also `error`. The
/// text of an `internal` error stays out of it.
error_body render_error(const caf::error& err, std::string_view request_id);

/// `{"success":false,"error":"<text>","message":"<text>"}` (rest-api section
/// 12).
error_body render_envelope(const caf::error& err);

inline constexpr std::string_view problem_type = "application/problem+json";

/// The same as a problem document: `type` (a tag URI that ends with the code),
/// `title`, `status`, `detail` as text, `instance` (the request id), and
/// `errors`, the violations of a 422.
error_body render_problem(const caf::error& err, std::string_view request_id);

} // namespace callboard::net
