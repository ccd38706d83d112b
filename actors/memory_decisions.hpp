// What becomes part of the memory. Pure: no clock, no database, no messages.
#pragma once

#include "protocols/store.hpp"

namespace callboard::actors {

/// A new entry. `given_fields.task_id` is set; its user is the caller, but for
/// an admin who names another.
decision<memory_entry> stored_note(call ctx, memory_note given_fields);

/// What is remembered of a run that `who` reported: `Agent <name> executed task
/// <id> | Status: ... | ...`.
memory_entry memory_of(const agent& who, const execution& run,
                       const std::string& user_id, timestamp now);

} // namespace callboard::actors
