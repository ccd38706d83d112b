// One session with the database, whichever it is.
#pragma once

#include "protocols/cell.hpp"
#include "storage/dialect.hpp"
#include "storage/fault.hpp"

#include <caf/expected.hpp>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callboard::storage {

/// A result: each row has as many cells as kinds were asked for.
using rows = std::vector<record>;

/// How long the statements of a transaction may take.
struct transaction_limits {
  std::chrono::milliseconds statement; ///< each
  /// Waiting for a row lock; nothing: as long as the statement. SQLite has one
  /// writer and no row locks.
  std::optional<std::chrono::milliseconds> lock = std::nullopt;
};

/// Connects on its first use and again after a loss, never inside a
/// transaction. Every error comes from `fault.hpp`; after an outage the session
/// is closed. One thread at a time, except for `interrupt`.
class connection {
public:
  virtual ~connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  virtual dialect_kind dialect() const = 0;

  virtual bool is_open() const = 0;

  /// Runs one statement with parameters `$1`, `$2`, ... It is prepared once per
  /// session and kept by its text, so texts are a finite set: what varies goes
  /// into `params`. `kinds` says how to read each column; empty: the result is
  /// dropped. U+0000 in a text is `internal`: the edge refuses it.
  virtual caf::expected<rows> query(std::string_view text,
                                    std::span<const cell> params,
                                    std::span<const cell_kind> kinds)
      = 0;

  /// Runs a script: statements separated by `;`, no parameters, no result.
  virtual caf::error execute(const std::string& script) = 0;

  /// READ COMMITTED; with SQLite `BEGIN IMMEDIATE`: it is the writer then.
  virtual caf::error begin(transaction_limits limits) = 0;

  /// After `unavailable` nobody knows whether it took place.
  virtual caf::error commit() = 0;

  /// Ends the transaction, if there is one.
  virtual void rollback() = 0;

  /// Whether the database answers; connects anew if it must. The error's text
  /// is the driver's, for the log and the start of the program.
  virtual caf::error ping() = 0;

  /// The time each later statement outside of a transaction may take, 10 s by
  /// default. PostgreSQL takes the next larger of a few steps: to change it
  /// costs a round trip.
  virtual void set_statement_timeout(std::chrono::milliseconds limit) = 0;

  /// Ends what the owner waits for, with `unavailable` (PostgreSQL: the socket
  /// is shut down) or `deadline_exceeded` (SQLite). Any thread, at any time.
  virtual void interrupt() noexcept = 0;

  virtual void close() = 0;

protected:
  connection() = default;
};

} // namespace callboard::storage
