// Requests that may be sent twice: their keys, and what the first was answered
// (data-model.md, idempotency_keys).
#pragma once

#include "protocols/call.hpp"
#include "protocols/kept_answer.hpp"
#include "storage/connection.hpp"
#include "storage/sql.hpp"

#include <span>
#include <vector>

namespace callboard::storage {

/// What a request's key says: neither is set if the request has none, or is the
/// first with it and shall run.
struct key_verdict {
  caf::error
      refusal; ///< `conflict`: its twin runs; `rejected`: another request
  kept_answer answer; ///< of the request that ran before

  bool settles() const { return refusal || answer.status != 0; }
};

/// Tries the locks of all keys and reads their rows: one statement for the
/// batch. A twin within the batch is refused before. The locks are held until
/// the transaction ends; call it first in there. One verdict per caller.
/// Writing an answer may still meet the row of a twin: `conflict`.
caf::expected<std::vector<key_verdict>>
claim_keys(connection& db, std::span<const call* const> callers);

/// An answer to keep for a caller's key.
struct keeping {
  const call* caller;
  const kept_answer* answer;
};

/// Their rows, to be written in the transaction of the change. The database
/// sets the times: they stay for 24 h. Retention drops them then, and so does
/// the next claim of their key.
table_rows answer_rows(std::span<const keeping> answers);

} // namespace callboard::storage
