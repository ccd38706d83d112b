// Structured log lines: one JSON object (or one line of text) each.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace callboard::log {

enum class level : uint8_t { debug, info, warning, error, critical };
enum class format : uint8_t { json, text };

/// A duration is not negative; it is written in milliseconds with three
/// decimals.
struct field {
  std::string_view key;
  std::variant<std::string_view, int64_t, bool, std::chrono::nanoseconds> value;
};

/// `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`.
std::string_view to_string(level x);

/// Starts the writer: lines of at least `minimum` go to descriptor `fd`.
/// Before it, and after `stop`, `write` drops all below `warning` and writes
/// the rest to standard error at once.
void start(level minimum, format how, int fd = 1);

/// Writes what waits, then ends the writer; gives up on a reader that takes
/// nothing for two seconds. Call it before the process ends, else the last
/// 50 ms are missing.
void stop();

/// Lines below `minimum` are dropped from now on. Any thread.
void set_level(level minimum);

/// True if a line of `x` would be written; ask before composing a costly one.
bool enabled(level x);

/// Any thread, never blocks: lines wait in a bounded buffer (4 MiB) for the
/// writer thread, at most 50 ms, from `warning` on not at all. What does not
/// fit, or cannot be written (disk full), is counted and reported in a line of
/// its own once there is room. Control characters are escaped, invalid UTF-8
/// becomes U+FFFD: a line is always one line.
void write(level x, std::string_view logger, std::string_view message,
           std::initializer_list<field> fields = {});

/// Lines lost since the start: the buffer was full or the descriptor failed.
uint64_t lost();

inline void debug(std::string_view logger, std::string_view message,
                  std::initializer_list<field> fields = {}) {
  write(level::debug, logger, message, fields);
}
inline void info(std::string_view logger, std::string_view message,
                 std::initializer_list<field> fields = {}) {
  write(level::info, logger, message, fields);
}
inline void warning(std::string_view logger, std::string_view message,
                    std::initializer_list<field> fields = {}) {
  write(level::warning, logger, message, fields);
}
inline void error(std::string_view logger, std::string_view message,
                  std::initializer_list<field> fields = {}) {
  write(level::error, logger, message, fields);
}
inline void critical(std::string_view logger, std::string_view message,
                     std::initializer_list<field> fields = {}) {
  write(level::critical, logger, message, fields);
}

} // namespace callboard::log
