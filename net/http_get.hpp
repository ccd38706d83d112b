// A blocking GET for the command line.
#pragma once

#include <caf/expected.hpp>

#include <string>

namespace callboard::net {

struct http_answer {
  unsigned status = 0;
  std::string body;
};

/// `url`: `http://host[:port]/path` or `https://...`, whose certificate is
/// checked against the system's authorities. `bad_request` for another URL,
/// `unavailable` when the server does not answer within ten seconds.
caf::expected<http_answer> http_get(const std::string& url,
                                    const std::string& token);

} // namespace callboard::net
