// Hashes, random bytes and their texts, over OpenSSL's libcrypto.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// SHA-256, 64 lower-case hex digits.
std::string sha256_hex(std::string_view text);

/// HMAC-SHA-256, 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Compares in time that depends on the lengths alone.
bool constant_time_equal(std::string_view a, std::string_view b);

/// From the system's cryptographic generator.
std::string random_bytes(size_t n);

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes);

/// Nothing on padding, foreign characters or non-zero trailing bits.
std::optional<std::string> base64url_decoded(std::string_view text);

/// A random UUID (RFC 9562 version 4), 36 lower-case characters.
std::string uuid4();

/// 8-4-4-4-12 hex digits.
bool is_uuid(std::string_view text);

} // namespace callboard
