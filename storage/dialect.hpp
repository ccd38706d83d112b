// What differs between the two databases, and how a value is written for each.
#pragma once

#include "protocols/cell.hpp"

#include <caf/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace callboard::storage {

enum class dialect_kind : uint8_t { postgres, sqlite };

/// The kind of cell wanted from a column. PostgreSQL answers text, SQLite
/// integers: only the reader knows what they mean. Values as `cell::index()`.
enum class cell_kind : uint8_t { boolean = 1, integer, text, timestamp };

/// The database's clock as an expression, cut to milliseconds.
std::string current_time(dialect_kind dialect);

/// ` = ANY($n::type[])` or its like; the parameter comes from `set_parameter`.
std::string any_of(dialect_kind dialect, size_t n, std::string_view type);

/// A set of values as one parameter, for `any_of`.
cell set_parameter(dialect_kind dialect, std::span<const cell> values);

/// ` FOR UPDATE` or ` FOR SHARE`; empty with SQLite, whose writer is alone.
std::string lock_clause(dialect_kind dialect, std::string_view strength);

/// A column of values as a PostgreSQL array literal: `{"1",NULL,"a\"b"}`. One
/// parameter of the type `<element>[]` carries a whole set to `unnest`.
std::string array_literal(std::span<const cell> values);

/// The element type for `array_literal` of a column: `bigint`, `timestamptz`,
/// `text`, ... and the enums and uuids among the columns.
std::string_view postgres_type(std::string_view table, std::string_view column,
                               cell_kind kind);

/// A value as a PostgreSQL parameter: text, or nothing for null.
std::optional<std::string> postgres_text(const cell& value);

/// A PostgreSQL value of the wanted kind; nothing if the text is none.
std::optional<cell> from_postgres_text(std::string_view text, cell_kind kind);

/// The statement with its `$1` as `?1`, which is what counts in SQLite. Leaves
/// literals, quoted names and comments alone.
std::string numbered_parameters(std::string_view text);

/// `internal`: a cell of this table does not fit the program's declaration.
caf::error unreadable_row(std::string_view table);

} // namespace callboard::storage
