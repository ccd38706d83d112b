// bcrypt through the system's crypt library (behaviour.md section 2).
#pragma once

#include <caf/expected.hpp>

#include <string>

namespace callboard::actors {

/// `$2b$<cost>$...` with a random salt. As bcrypt does, only the first 72 bytes
/// count; the caller refused NUL. `internal` if the library refuses.
caf::expected<std::string> bcrypt_hash(const std::string& password, int cost);

/// Takes `$2a$`, `$2b$` and `$2y$`; false for anything else. The time depends
/// on the hash's cost alone.
bool bcrypt_verify(const std::string& password, const std::string& hash);

} // namespace callboard::actors
