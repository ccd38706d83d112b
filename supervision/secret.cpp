#include "supervision/secret.hpp"

#include "protocols/digest.hpp"
#include "protocols/error.hpp"
#include "supervision/config_checks.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace callboard {

namespace {

caf::error failed(const std::string& file, const std::string& what) {
  return caf::make_error(errc::unavailable, file + ": " + what);
}

/// Writes a file that nobody ever sees half-written; one that is there already
/// stays: another process was first.
caf::error write_secret(const std::string& file, const std::string& text) {
  auto temporary = file + '.' + std::to_string(getpid());
  auto fd
      = open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0)
    return failed(temporary, std::strerror(errno));
  auto n = write(fd, text.data(), text.size());
  auto synced = n == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  auto placed
      = synced
        && (link(temporary.c_str(), file.c_str()) == 0 || errno == EEXIST);
  auto why = errno;
  unlink(temporary.c_str());
  if (!placed)
    return failed(file, std::strerror(why));
  return caf::none;
}

} // namespace

caf::expected<std::string> existing_secret_key(const config& settings) {
  if (!settings.jwt_secret_key.empty())
    return settings.jwt_secret_key;
  auto file = settings.data_dir + "/jwt.key";
  std::ifstream in{file};
  std::string key;
  if (!std::getline(in, key))
    return failed(file, "cannot be read");
  if (auto why = weakness_of_secret(key); !why.empty())
    return failed(file, "the key " + why);
  return key;
}

caf::expected<std::string> secret_key(const config& settings) {
  if (!settings.jwt_secret_key.empty())
    return settings.jwt_secret_key;
  std::error_code ec;
  std::filesystem::create_directories(settings.data_dir, ec);
  if (ec)
    return failed(settings.data_dir, ec.message());
  auto file = settings.data_dir + "/jwt.key";
  if (!std::filesystem::exists(file, ec))
    if (auto err = write_secret(file, base64url(random_bytes(48)) + '\n'))
      return err;
  return existing_secret_key(settings);
}

} // namespace callboard
