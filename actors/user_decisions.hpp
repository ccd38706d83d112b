// What may happen to accounts: plain functions, run inside the transaction.
#pragma once

#include "protocols/store.hpp"

namespace callboard::actors {

/// A new account; `bad_request` when name or address is taken, the name first.
decision<user> registered(user given);

/// The same account as admin, unless an admin exists: then no rows.
decision<user> first_admin(user given);

/// The profile with some fields replaced.
decision<user> profiled(int64_t id, patch<user> changes);

/// `last_login` is now.
decision<user> logged_in(int64_t id);

/// Another hash, if the present one is still `old_hash`; else `conflict`. All
/// sessions end but the family `keep`.
decision<user> rehashed(int64_t id, std::string old_hash, std::string new_hash,
                        std::string keep);

/// Another role, active or not, as an admin wants it. Who is not active has no
/// sessions. `conflict` if no active admin would be left.
decision<user> adjusted(int64_t id, patch<account_change> changes);

/// Remembers the digest of a code with which the password can be set anew; the
/// code before it is void.
decision<user> reset_offered(int64_t id, std::string code, timestamp until);

/// Uses it, once: another hash, and all sessions end. `bad_request` whether
/// the name, the code or its time is wrong.
decision<user> reset_used(std::string code, std::string new_hash);

/// The account without anything about its owner; the id stays, for the audit
/// log. `conflict` for the last active admin.
decision<user> erased(int64_t id);

} // namespace callboard::actors
