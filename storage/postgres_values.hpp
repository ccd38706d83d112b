// Cells as libpqxx's parameters, its results as rows, and what differs between
// libpqxx 6 and 7.
#pragma once

#include "storage/connection.hpp"

#include <pqxx/pqxx>

#include <span>
#include <string>
#include <vector>

namespace callboard::storage {

/// Parameters as C strings; owns those that are no text already. The cells must
/// outlive it.
class postgres_parameters {
public:
  explicit postgres_parameters(std::span<const cell> cells);

  /// A null pointer is NULL.
  const std::vector<const char*>& pointers() const { return pointers_; }

  /// A text holds U+0000, which PostgreSQL cannot store.
  bool holds_nul() const { return holds_nul_; }

private:
  void add(const cell& x);

  std::vector<std::string> converted_;
  std::vector<const char*> pointers_;
  bool holds_nul_ = false;
};

/// The rows as cells of these kinds; none asked: none read. `internal` when the
/// statement returned something else.
caf::expected<rows> read_rows(const pqxx::result& found,
                              std::span<const cell_kind> kinds);

/// Makes errors name the constraint that they break.
void report_constraints(pqxx::connection& session);

pqxx::result run_prepared(pqxx::nontransaction& tx, const std::string& name,
                          const std::vector<const char*>& params);

} // namespace callboard::storage
