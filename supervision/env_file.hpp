// Reads `.env` files, and other small files that hold settings.
#pragma once

#include <caf/expected.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// What a `.env` file says, in its order; of a name given twice the last
/// counts.
struct env_file {
  std::vector<std::pair<std::string, std::string>> values;
  /// `line 3: ...`, without any value: it could be a secret.
  std::vector<std::string> problems;
};

/// Lines are `NAME=value`, perhaps behind `export `; blank ones and those that
/// begin with `#` are skipped, ` #` ends a bare value. `'...'` is literal,
/// `"..."` knows \n \r \t \" \\ \$. Spaces around name and bare value are cut.
/// Line ends may be CRLF. Nothing is expanded.
env_file parse_env_file(std::string_view text);

/// The content of a regular file (or pipe) of at most `limit` [bytes].
/// `bad_request` with the reason and without the path.
caf::expected<std::string> read_small_file(const std::string& path,
                                           size_t limit);

} // namespace callboard
