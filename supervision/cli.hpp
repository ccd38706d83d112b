// The command line as plain values; who executes them is `main`.
#pragma once

#include "supervision/config_sources.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace callboard {

/// The settings a command line names; `load_config` judges them.
struct setting_options {
  std::vector<std::pair<std::string, std::string>> values;
  std::optional<std::string> env_file;
};

/// These options over the environment of this process.
config_sources sources_of(const setting_options& x);

/// `callboard serve`
struct serve_command {
  setting_options settings;
};

/// `callboard config`: show the effective settings.
struct config_command {
  setting_options settings;
};

/// `callboard tree`: ask a running server for its supervision tree.
struct tree_command {
  std::string url;   ///< without a path; empty: this machine, by the settings
  std::string token; ///< of an admin; empty: none
};

/// `callboard admin create`
struct create_admin_command {
  setting_options settings;
  std::string username;
  std::string email;
  std::optional<std::string> password_file; ///< `-` is standard input
};

/// Nothing to execute: help, version, or a mistake.
struct early_exit {
  int code = 0;    ///< 0, or 2 for a mistake
  std::string out; ///< for standard output
  std::string err; ///< for standard error
};

using command = std::variant<serve_command, config_command, tree_command,
                             create_admin_command, early_exit>;

/// Never throws, prints or ends the process.
command parse_command_line(int argc, const char* const* argv);

} // namespace callboard
