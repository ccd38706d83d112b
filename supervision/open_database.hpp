// The database as the program needs it: reachable, and with its schema.
#pragma once

#include "protocols/realtime.hpp"
#include "protocols/user.hpp"
#include "storage/database.hpp"
#include "supervision/config.hpp"

#include <caf/expected.hpp>

#include <memory>
#include <string>

namespace callboard {

/// Opens the configured database, waits for it up to 30 s, brings its schema up
/// to date. The error's detail is a sentence for the operator.
caf::expected<std::shared_ptr<storage::database>>
open_database(const config& settings);

/// Where the database's stream of events is now. Errors as above.
caf::expected<stream_mark_ptr> read_stream_mark(storage::database& database);

/// A new account from the command line or the settings.
struct new_account {
  std::string username;
  std::string email;
  std::string password;
};

/// Creates an active admin; `only_first`: unless one exists. The values follow
/// the rules of a registration. @returns whether it was made; `rejected` names
/// what is wrong, `bad_request` what is taken.
caf::expected<bool> create_admin(storage::database& database,
                                 const config& settings,
                                 const new_account& account, bool only_first);

} // namespace callboard
