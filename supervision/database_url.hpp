// Reads DATABASE_URL: which database, where, and how safe the way to it is.
#pragma once

#include "supervision/config.hpp"

#include <caf/expected.hpp>

#include <string>
#include <string_view>

namespace callboard {

/// Where the rows are.
struct database_target {
  bool postgres = false;
  std::string location;  ///< libpq's URI, or the path of the SQLite file
  bool socket = false;   ///< every host is the folder of a Unix socket
  bool verified = false; ///< `sslmode=verify-full`
};

/// Accepts `postgresql://`, `postgres://`, both with a driver suffix
/// (`postgresql+asyncpg://`, dropped), and `sqlite:///path` (a fourth slash
/// begins an absolute path). `bad_request` with a phrase (`must ...`) that does
/// not quote the text.
caf::expected<database_target> parse_database_url(std::string_view text);

/// The database of a valid configuration; without a URL `callboard.db` in the
/// data folder.
database_target database_of(const config& x);

/// The URL without user, password and the values of parameters that could hold
/// one: `postgresql://***@host/name?sslmode=verify-full`.
std::string masked_database_url(std::string_view text);

} // namespace callboard
