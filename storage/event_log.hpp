// Rows that belong to a change and are written in its transaction: the audit
// log, the memory and the stream of events.
#pragma once

#include "protocols/audit.hpp"
#include "protocols/event.hpp"
#include "protocols/memory.hpp"
#include "protocols/realtime.hpp"
#include "storage/sql.hpp"

#include <caf/expected.hpp>

#include <span>

namespace callboard::storage {

/// Their rows; the database gives the ids.
table_rows audit_rows(std::span<const audit_entry> entries);
table_rows memory_rows(std::span<const memory_entry> entries);

/// Takes positions for the events and inserts them: the last statement before
/// the commit, for it locks the counter (A6).
/// @returns the position before the first.
caf::expected<int64_t> write_events(connection& db,
                                    std::span<const event> events);

/// Events that belong to no other change, in a transaction of their own; they
/// get their positions. @returns the last of them, 0 if there are none.
caf::expected<int64_t> append_events(connection& db, std::span<event> events,
                                     int64_t deadline);

/// Where the stream is, for the start of the program.
caf::expected<stream_position> read_stream(connection& db);

} // namespace callboard::storage
