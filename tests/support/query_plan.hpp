// How a database carries out the statements that the program gives it.
#pragma once

#include "storage/connection.hpp"
#include "tests/support/test_database.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

struct sqlite3;

namespace callboard::test {

/// A statement, or a script, as a session got it.
struct statement {
  std::string text;
  std::vector<cell> params;
};

/// A session that notes each statement with its parameters before it runs it.
class recorder final : public storage::connection {
public:
  explicit recorder(std::shared_ptr<storage::connection> session)
      : session_(std::move(session)) {}

  std::vector<statement> statements;

  storage::dialect_kind dialect() const override;
  bool is_open() const override;
  caf::expected<storage::rows>
  query(std::string_view text, std::span<const cell> params,
        std::span<const storage::cell_kind> kinds) override;
  caf::error execute(const std::string& script) override;
  caf::error begin(storage::transaction_limits limits) override;
  caf::error commit() override;
  void rollback() override;
  caf::error ping() override;
  void set_statement_timeout(std::chrono::milliseconds limit) override;
  void interrupt() noexcept override;
  void close() override;

private:
  std::shared_ptr<storage::connection> session_;
};

/// What may be read from end to end [rows].
inline constexpr int64_t small_table = 1000;

struct query_plan {
  /// Larger tables that are read from end to end, without an index.
  std::vector<std::string> scanned;
  int64_t touched = 0; ///< rows and index entries visited, or an upper bound
  std::string text;    ///< as the database tells it
};

/// Looks at the plans of statements in one database.
class plan_reader {
public:
  explicit plan_reader(const test_database& place);

  /// The plans of a statement with its parameters. PostgreSQL: the first, made
  /// for these values, and once for each text the one that it keeps after some
  /// executions. Only what reads is carried out and counted. A setting is made
  /// and has no plan.
  std::vector<query_plan> plans_of(const statement& x);

private:
  bool small(const std::string& table);

  std::shared_ptr<storage::connection> session_;
  std::set<std::string> kept_;        ///< texts whose kept plan was read
  std::shared_ptr<sqlite3> counting_; ///< a session of SQLite's own interface
};

} // namespace callboard::test
