// Memory that is asked for before it is needed.
#pragma once

#include <caf/config.hpp>

#include <cstddef>

namespace callboard {

/// Any address may be asked for, also one that is nobody's.
inline void fetch_ahead(const void* at, size_t bytes) {
  for (size_t i = 0; i < bytes; i += CAF_CACHE_LINE_SIZE)
    __builtin_prefetch(static_cast<const char*>(at) + i, 1);
}

} // namespace callboard
