// The key that signs tokens: given, or made once and kept (A23).
#pragma once

#include "supervision/config.hpp"

#include <caf/expected.hpp>

#include <string>

namespace callboard {

/// The configured key; without one, outside production, that of
/// `<data_dir>/jwt.key`, made there (mode 0600) on the first start. The checks
/// of the configuration refused a weak key before. `unavailable` with a
/// sentence when the file cannot be read or written.
caf::expected<std::string> secret_key(const config& settings);

/// As above, but makes none: `unavailable` when there is no file.
caf::expected<std::string> existing_secret_key(const config& settings);

} // namespace callboard
