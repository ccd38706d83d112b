// What the kernel says about this process.
#pragma once

#include <cstdint>

namespace callboard::net {

/// Zero where `/proc` does not tell.
struct process_numbers {
  uint64_t resident = 0;        ///< memory [bytes]
  double cpu_seconds = 0;       ///< user and system time of all threads [s]
  double start_time = 0;        ///< since 1970 [s]
  uint64_t descriptors = 0;     ///< open ones [count]
  uint64_t max_descriptors = 0; ///< as many it may open [count]
};

/// Reads them; some tens of microseconds, more with thousands of descriptors.
process_numbers read_process_numbers();

} // namespace callboard::net
