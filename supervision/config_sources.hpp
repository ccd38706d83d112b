// Gathers the settings from defaults, files, environment and command line.
#pragma once

#include "supervision/setting.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// Names and values, as they came in; names are case-sensitive.
using named_values = std::map<std::string, std::string, std::less<>>;

/// Where a value came from; a later one beats an earlier one.
enum class source : uint8_t { fallback, env_file, environment, file, option };

/// `default`, `.env`, `environment`, `file`, `option`.
std::string_view to_string(source x);

/// What is read besides the defaults.
struct config_sources {
  named_values environment;
  /// Settings by name, also `<NAME>_FILE`; of a name given twice the last.
  std::vector<std::pair<std::string, std::string>> options;
  /// Must exist if given; else `.env` in the working folder, which may not.
  std::optional<std::string> env_file;
};

/// Why a configuration is refused.
struct config_problem {
  std::string name;  ///< of the setting or of the file
  std::string value; ///< as anyone may see it, quoted; empty if that is nothing
  std::string why;   ///< `must be ...`
};

/// `PORT="x" (environment): must be ...`, one line.
std::string to_string(const config_problem& x);

struct loaded_config {
  config values;
  /// One per item of `settings()`; a refused value leaves the default.
  std::vector<source> origins;
  std::vector<std::string> warnings;
  std::vector<config_problem> problems; ///< all of them; empty: may start

  bool ok() const { return problems.empty(); }
};

/// Reads all sources and checks the result as a whole (`check_config`). Blocks
/// on the disk. Unknown names are ignored.
loaded_config load_config(const config_sources& from);

/// The environment of this process.
named_values process_environment();

/// The effective settings, one line each: name, value, source. Shows nothing
/// secret.
std::string describe(const loaded_config& x);

} // namespace callboard
