// SQLite behind the common interface.
#pragma once

#include "storage/connection.hpp"
#include "storage/file_lock.hpp"

#include <memory>
#include <string>

namespace callboard::storage {

/// The file is made on the first use. Keeps the lock as long as it lives.
std::shared_ptr<connection> make_sqlite(std::string path,
                                        std::shared_ptr<const file_lock> lock);

} // namespace callboard::storage
