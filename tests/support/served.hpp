// The program on a database, and a client of it: the scene of end-to-end tests.
#pragma once

#include "tests/support/api.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace callboard::test {

using settings_map = std::map<std::string, std::string>;

/// Serves with rate limits off and an admin (id 1), unless `env` says else.
struct served {
  /// `url` empty: SQLite in the data folder.
  served(std::string url, settings_map env);

  /// The first cell of the first row, from the database itself; throws if there
  /// is none.
  int64_t count(const std::string& sql) const;

  /// The first column of all rows.
  std::vector<int64_t> column(const std::string& sql) const;

  void log_in_admin() { client.log_in("admin", "Adm1nPassw0rd"); }

  bool sqlite() const { return database_url.empty(); }

  /// The program as this scene runs it, for a second start on the same data.
  server_options options() const;

  temporary_folder folder;
  std::string database_url;
  settings_map env;
  server_process server;
  api client;
};

std::unique_ptr<served> serve_sqlite(settings_map env = {});
std::unique_ptr<served> serve_postgres(settings_map env = {});

/// Runs the scene on SQLite, then on PostgreSQL, each with a database of its
/// own.
void for_each_database(const std::function<void(served&)>& scene,
                       const settings_map& env = {});

} // namespace callboard::test
