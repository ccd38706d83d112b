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

/// Another hash, if the present one is still `old_hash`; else `conflict`.
decision<user> rehashed(int64_t id, std::string old_hash, std::string new_hash);

} // namespace callboard::actors
