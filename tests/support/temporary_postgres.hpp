// A PostgreSQL server of the test's own, on a Unix socket.
#pragma once

#include "tests/support/temporary_folder.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace callboard::test {

/// One cluster per test executable: started by the first use, stopped at exit
/// and when the process (the thread of that first use) dies in any other way.
/// Not durable. Throws `std::runtime_error` where there is no PostgreSQL.
class temporary_postgres {
public:
  static temporary_postgres& shared();

  ~temporary_postgres();
  temporary_postgres(const temporary_postgres&) = delete;
  temporary_postgres& operator=(const temporary_postgres&) = delete;

  /// The URL of a new database with the program's schema (a cloned template).
  std::string new_database();

  /// The URL of a new database without any table.
  std::string empty_database();

  /// Stops the server at once, as a crash would, and starts it again.
  void stop();
  /// `more`: arguments beyond the usual ones.
  void start(const std::vector<std::string>& more = {});

  /// Where it listens.
  std::string socket() const { return folder_.path() / ".s.PGSQL.5432"; }

  /// Copies a file to where the server, and nobody else, may read it.
  std::string give(const std::string& file) const;

  /// Stops the clock of all its processes, and lets them run on.
  void freeze() const;
  void thaw() const;

private:
  temporary_postgres();
  std::string url(const std::string& name) const;
  std::string create(const std::string& source);
  void run_sql(const std::string& text) const;

  temporary_folder folder_;
  pid_t server_ = -1;
  bool has_template_ = false;
  int count_ = 0; ///< databases made
};

} // namespace callboard::test
