// A wall clock that goes where a test wants it.
#pragma once

#include "tests/support/served.hpp"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace callboard::test {

/// The wall clock of a server, to be stepped.
class stepped_clock {
public:
  explicit stepped_clock(const std::filesystem::path& folder)
      : file_(folder / "clock") {
    step(0);
  }

  /// Settings of a server that reads it.
  settings_map env() const {
    return {{"LD_PRELOAD", std::getenv("CALLBOARD_CLOCK_STEP")},
            {"CLOCK_STEP_FILE", file_.string()},
            {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  }

  void step(int64_t seconds) const {
    std::fstream out{file_, std::ios::binary | std::ios::in | std::ios::out};
    if (!out)
      out.open(file_, std::ios::binary | std::ios::out);
    out.write(reinterpret_cast<const char*>(&seconds), sizeof(seconds));
  }

private:
  std::filesystem::path file_;
};

} // namespace callboard::test
