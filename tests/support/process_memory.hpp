// What a process takes, from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

namespace callboard::test {

/// The resident memory of a process, and the most that it ever was [KiB].
inline std::pair<int64_t, int64_t> memory_of(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  std::pair<int64_t, int64_t> out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:"))
      out.first = std::stoll(line.substr(6));
    if (line.starts_with("VmHWM:"))
      out.second = std::stoll(line.substr(6));
  }
  return out;
}

/// Whether the process runs with the address sanitizer, which keeps for a while
/// what was freed.
inline bool is_sanitized(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/maps"};
  for (std::string line; std::getline(in, line);)
    if (line.find("libasan") != std::string::npos)
      return true;
  return false;
}

} // namespace callboard::test
