#include "net/process_numbers.hpp"

#include <sys/resource.h>

#include <chrono>
#include <dirent.h>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <time.h>
#include <unistd.h>

namespace callboard::net {

namespace {

/// When the machine was started, since 1970 [s]. Read once: a stepped clock
/// must not look like a restart.
double boot_time() {
  static const auto time = [] {
    timespec up{};
    clock_gettime(CLOCK_BOOTTIME, &up);
    auto now = std::chrono::duration<double>(
        std::chrono::system_clock::now().time_since_epoch());
    return now.count() - static_cast<double>(up.tv_sec)
           - static_cast<double>(up.tv_nsec) / 1e9;
  }();
  return time;
}

/// The fields of `/proc/self/stat` behind the name, which may hold anything.
std::istringstream stat_fields() {
  std::ifstream file{"/proc/self/stat"};
  std::string line;
  std::getline(file, line);
  auto name_end = line.rfind(')');
  return std::istringstream{name_end == line.npos ? std::string{}
                                                  : line.substr(name_end + 1)};
}

void read_stat(process_numbers& out) {
  constexpr int utime = 12, stime = 13, start = 20, pages = 22; // proc(5) - 2
  auto in = stat_fields();
  auto tick = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::string field;
  for (int i = 1; i <= pages && in >> field; ++i) {
    if (i == utime || i == stime)
      out.cpu_seconds += std::stod(field) / tick;
    else if (i == start)
      out.start_time = boot_time() + std::stod(field) / tick;
    else if (i == pages)
      out.resident
          = std::stoull(field) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  }
}

/// Without the one that counts.
uint64_t open_descriptors() {
  std::unique_ptr<DIR, int (*)(DIR*)> folder{opendir("/proc/self/fd"),
                                             closedir};
  uint64_t out = 0;
  while (folder != nullptr)
    if (auto* entry = readdir(folder.get()); entry == nullptr)
      break;
    else
      out += entry->d_name[0] != '.';
  return out > 0 ? out - 1 : 0;
}

} // namespace

process_numbers read_process_numbers() {
  process_numbers out;
  read_stat(out);
  out.descriptors = open_descriptors();
  if (rlimit limit{}; getrlimit(RLIMIT_NOFILE, &limit) == 0)
    out.max_descriptors = limit.rlim_cur;
  return out;
}

} // namespace callboard::net
