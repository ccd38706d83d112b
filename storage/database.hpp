// Which database, and connections to it.
#pragma once

#include "storage/connection.hpp"

#include <caf/expected.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace callboard::storage {

class file_lock;

struct database_settings {
  /// A PostgreSQL session older than this is opened anew.
  std::chrono::milliseconds recycle{3'600'000};
  bool echo = false; ///< log every statement at level DEBUG
};

/// Where the rows are. With SQLite it holds, together with its connections, a
/// lock on `<file>.lock`: one process at a time.
class database {
public:
  /// Takes `postgresql://...` and `postgres://...`, both also with a driver
  /// (`postgresql+asyncpg://`, dropped), and `sqlite:///path` (a fourth slash
  /// begins an absolute path). Does not connect. `bad_request` for another
  /// text; `unavailable`, naming the holder, if another process has the file.
  static caf::expected<database> open(std::string_view url,
                                      database_settings settings = {});

  dialect_kind dialect() const { return dialect_; }

  /// libpq's URI, or the path of the SQLite file.
  const std::string& location() const { return location_; }

  /// A session that opens on its first use. Any thread.
  std::shared_ptr<connection> connect() const;

private:
  database(dialect_kind dialect, std::string location,
           database_settings settings);

  dialect_kind dialect_;
  std::string location_; ///< libpq's URI, or the path of the SQLite file
  database_settings settings_;
  std::shared_ptr<const file_lock> lock_;
};

} // namespace callboard::storage
