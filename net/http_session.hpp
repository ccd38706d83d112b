// One HTTP connection, plain or TLS: reads requests one after another, so that
// pipelined ones are answered in order.
#pragma once

#include "net/connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace callboard::net {

/// Takes the connection over. `tls` null: plain. On the loop's thread.
void start_session(std::shared_ptr<session_host> host,
                   boost::asio::ip::tcp::socket socket,
                   std::shared_ptr<boost::asio::ssl::context> tls);

} // namespace callboard::net
