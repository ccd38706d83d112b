// A database of either kind for one test.
#pragma once

#include "storage/database.hpp"
#include "tests/support/temporary_folder.hpp"

#include <functional>
#include <memory>
#include <string>

namespace callboard::test {

enum class content { empty, migrated };

/// What statements need that no dialect shares.
struct test_database {
  test_database(storage::dialect_kind kind, content with);

  storage::dialect_kind dialect() const { return place->dialect(); }
  bool sqlite() const { return dialect() == storage::dialect_kind::sqlite; }

  /// One of two texts.
  std::string pick(std::string postgres, std::string for_sqlite) const {
    return sqlite() ? for_sqlite : postgres;
  }

  std::shared_ptr<storage::connection> connect() const {
    return place->connect();
  }

  temporary_folder folder; ///< of the SQLite file `test.db`
  std::string url;
  std::unique_ptr<storage::database> place;
};

/// Runs the scene on PostgreSQL, then on SQLite.
void on_both(content with, const std::function<void(test_database&)>& scene);

/// Runs a script; throws with the error's text.
void run(storage::connection& db, const std::string& script);

/// The first cell of the first row; throws with the error's text.
cell value_of(storage::connection& db, const std::string& text,
              storage::cell_kind kind = storage::cell_kind::integer,
              std::vector<cell> params = {});
int64_t number_of(storage::connection& db, const std::string& text);
std::string text_of(storage::connection& db, const std::string& text);

} // namespace callboard::test
