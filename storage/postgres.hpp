// PostgreSQL behind the common interface; libpqxx stays inside.
#pragma once

#include "storage/connection.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace callboard::storage {

/// The URI with the parameters of our sessions (connect timeout, keepalives,
/// encoding), behind which its own ones count.
std::string postgres_uri(std::string_view uri);

/// `uri` as libpq takes it; its parameters go before those set here (connect
/// timeout, keepalives, encoding). The session is opened on its first use and
/// anew when older than `recycle`.
std::shared_ptr<connection> make_postgres(std::string uri,
                                          std::chrono::milliseconds recycle);

} // namespace callboard::storage
