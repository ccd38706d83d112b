// Asks a person for a password.
#pragma once

#include <caf/expected.hpp>

#include <string>
#include <string_view>

namespace callboard {

/// Shows `prompt` on the terminal of this process and reads a line there
/// without echo. Blocks. `bad_request` with the reason: no terminal, or the
/// person gave up (Ctrl-C, Ctrl-D).
caf::expected<std::string> prompt_password(std::string_view prompt);

} // namespace callboard
