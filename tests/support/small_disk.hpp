// A disk that can be filled.
#pragma once

#include <sys/mount.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace callboard::test {

/// A tmpfs on a folder, as long as it lives. Needs the right to mount.
class small_disk {
public:
  small_disk(std::filesystem::path folder, size_t bytes)
      : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    auto size = "size=" + std::to_string(bytes);
    mounted_
        = ::mount("callboard-test", folder_.c_str(), "tmpfs", 0, size.c_str())
          == 0;
  }

  ~small_disk() {
    if (mounted_)
      ::umount2(folder_.c_str(), MNT_DETACH);
  }

  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  bool mounted() const { return mounted_; }

  /// Whether this process has the right to mount (CAP_SYS_ADMIN): then a disk
  /// that is not there is a failure.
  static bool allowed() {
    std::ifstream status{"/proc/self/status"};
    constexpr auto name = std::string_view{"CapEff:\t"};
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(name))
        return (std::stoull(line.substr(name.size()), nullptr, 16) >> 21 & 1)
               != 0;
    return false;
  }

  bool make_read_only() const {
    return ::mount(nullptr, folder_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY,
                   nullptr)
           == 0;
  }

private:
  std::filesystem::path folder_;
  bool mounted_ = false;
};

} // namespace callboard::test
