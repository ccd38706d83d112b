// One process per SQLite file.
#pragma once

#include <caf/expected.hpp>

#include <memory>
#include <string>

namespace callboard::storage {

/// Held for the life of the process: SQLite serves one program. Forgotten by
/// the kernel when the process ends, however it ends.
class file_lock {
public:
  /// Takes `<file>.lock` or says who has it (`unavailable`).
  static caf::expected<std::shared_ptr<const file_lock>>
  take(const std::string& file);

  explicit file_lock(int descriptor) : descriptor_(descriptor) {}
  ~file_lock();
  file_lock(const file_lock&) = delete;
  file_lock& operator=(const file_lock&) = delete;

private:
  int descriptor_;
};

} // namespace callboard::storage
