// One error, as a client reads it (rest-api section 1.5, D3).
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

} // namespace callboard::net
