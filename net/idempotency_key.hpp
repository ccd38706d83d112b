// The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key).
#pragma once

#include "net/http.hpp"
#include "protocols/call.hpp"

namespace callboard::net {

/// Reads the key, bare or as a quoted string, and what the request is, into
/// `to.once`. `bad_request` if it is given twice or is not 1 to 255 printable
/// ASCII characters.
caf::error read_idempotency_key(const request& in, call& to);

} // namespace callboard::net
