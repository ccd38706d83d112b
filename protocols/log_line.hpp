// One log record as text.
#pragma once

#include "protocols/log.hpp"
#include "protocols/timestamp.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace callboard::log {

/// What one call of `write` says.
struct record {
  timestamp when;
  level severity;
  std::string_view logger;
  std::string_view message;
  std::initializer_list<field> fields;
};

/// Appends the record as a JSON object and a newline.
void append_json(std::string& out, const record& x);

/// Appends `<time> <level> <logger>: <message> key=value ...` and a newline.
void append_text(std::string& out, const record& x);

/// Appends the record in the wanted format.
inline void append(std::string& out, format how, const record& x) {
  how == format::json ? append_json(out, x) : append_text(out, x);
}

} // namespace callboard::log
