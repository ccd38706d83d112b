// The TLS side of the port.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <caf/expected.hpp>

#include <memory>
#include <string>

namespace callboard::net {

/// TLS 1.2 and 1.3, no compression, no renegotiation, ALPN `http/1.1`.
/// `bad_request` with a sentence for the operator when a file is missing or
/// does not fit.
caf::expected<std::shared_ptr<boost::asio::ssl::context>>
make_tls_context(const std::string& certificate_file,
                 const std::string& key_file);

} // namespace callboard::net
