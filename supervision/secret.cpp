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

/// Writes a file that nobody ever sees half-written.
caf::error write_secret(const std::string& file, const std::string& text) {
  auto temporary = file + ".new";
  auto fd
      = open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0)
    return failed(temporary, std::strerror(errno));
  auto n = write(fd, text.data(), text.size());
  auto synced = n == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  if (!synced || rename(temporary.c_str(), file.c_str()) != 0)
    return failed(file, std::strerror(errno));
  return caf::none;
}

} // namespace

caf::expected<std::string> signing_key(const config& settings) {
  if (!settings.jwt_secret_key.empty())
    return settings.jwt_secret_key;
  std::error_code ec;
  std::filesystem::create_directories(settings.data_dir, ec);
  if (ec)
    return failed(settings.data_dir, ec.message());
  auto file = settings.data_dir + "/jwt.key";
  if (std::filesystem::exists(file, ec)) {
    std::ifstream in{file};
    std::string key;
    if (!std::getline(in, key))
      return failed(file, "cannot be read");
    if (auto why = weakness_of_secret(key); !why.empty())
      return failed(file, "the key " + why);
    return key;
  }
  auto key = base64url(random_bytes(48));
  if (auto err = write_secret(file, key + '\n'))
    return err;
  return key;
}

} // namespace callboard
