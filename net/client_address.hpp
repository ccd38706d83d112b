// Who the client is: the peer, or whom a trusted proxy speaks for.
#pragma once

#include "protocols/cidr.hpp"

#include <span>
#include <string>
#include <string_view>

namespace callboard::net {

/// The right-most address of `X-Forwarded-For` that is no trusted proxy, if the
/// peer itself is one; else the peer. What is no address ends the search.
std::string client_address(std::string_view peer,
                           std::string_view forwarded_for,
                           std::span<const cidr> trusted);

/// Whom a rate limit counts: the address, IPv6 as its /64.
std::string rate_limit_key(std::string_view address);

} // namespace callboard::net
