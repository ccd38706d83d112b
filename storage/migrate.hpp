// Brings the schema to the version of the program.
#pragma once

#include "storage/connection.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace callboard::storage {

/// One file of `storage/migrations/<dialect>/NNNN_name.sql`.
struct migration {
  int64_t version = 0;
  std::string_view name;
  std::string_view checksum; ///< SHA-256 hex of the file
  std::string_view script;
};

/// The files that this program was built with, by version from 1 without gaps.
std::span<const migration> migrations(dialect_kind dialect);

/// Runs what is missing, each file in a transaction of its own, under a lock
/// that other processes wait for. An existing database of the reference (users
/// and refresh_tokens, no schema_migrations) is taken over: its rows are kept,
/// its plain tokens hashed. `unavailable`: no connection; `conflict` with a
/// sentence for the operator: the schema is newer than the program, a file that
/// ran was changed since, or a table is in the way.
caf::error migrate(connection& db);

/// As above with other files than the program's own.
caf::error migrate(connection& db, std::span<const migration> files);

} // namespace callboard::storage
