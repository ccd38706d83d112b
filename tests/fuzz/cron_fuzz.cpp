// Any bytes: no crash, and a next instant is later than its start.
#include "protocols/cron.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(bytes), size};
  if (auto x = callboard::cron::parse(text)) {
    constexpr callboard::timestamp from{1'762'603'200'000};
    if (auto found = x->next(from); found && *found <= from)
      std::abort();
  }
  return 0;
}
