#include "storage/file_lock.hpp"

#include "protocols/error.hpp"
#include "protocols/log.hpp"

#include <caf/all.hpp>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace callboard::storage {

namespace {

std::string holder_of(int descriptor) {
  std::string text(32, '\0');
  auto n = ::pread(descriptor, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<size_t>(n) : 0);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text.empty() ? "" : " (pid " + text + ')';
}

} // namespace

caf::expected<std::shared_ptr<const file_lock>>
file_lock::take(const std::string& file) {
  std::error_code ignored; // another name for the same file is the same lock
  auto path = std::filesystem::weakly_canonical(file, ignored).string();
  if (path.empty())
    path = file;
  path += ".lock";
  auto fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return caf::make_error(errc::unavailable,
                           path + ": " + std::strerror(errno));
  auto lock = std::make_shared<const file_lock>(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
    return caf::make_error(errc::unavailable,
                           file + " is in use by another process"
                               + holder_of(fd)
                               + "; several processes need PostgreSQL");
  auto pid = std::to_string(::getpid()) + '\n';
  // Only for the message above; the lock is the lock without it.
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0)
    log::warning("database", "the lock file cannot be written",
                 {{"file", path}});
  return lock;
}

file_lock::~file_lock() { ::close(descriptor_); }

} // namespace callboard::storage
