#include "protocols/log_line.hpp"

#include "protocols/eight_bytes.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace callboard::log {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

/// [bytes] of the valid UTF-8 sequence at the front; 0 if there is none.
size_t sequence_at_front(std::string_view text) {
  auto lead = static_cast<unsigned char>(text.front());
  size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0x80 ? 2 : 1;
  return size <= text.size() && is_valid_utf8(text.substr(0, size)) ? size : 0;
}

/// C0, DEL or C1 (U+0080 to U+009F), of which a terminal may obey any.
std::optional<unsigned> control(std::string_view sequence) {
  auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1 && (first < 0x20 || first == 0x7F))
    return first;
  auto second = static_cast<unsigned char>(sequence.back());
  if (sequence.size() == 2 && first == 0xC2 && second < 0xA0)
    return second;
  return std::nullopt;
}

void append_control(std::string& out, unsigned c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    out += "\\u00";
    out += hex[c >> 4];
    out += hex[c & 0xF];
  }
}

/// [bytes] at the front that stand for themselves.
size_t plain_run(std::string_view text) {
  namespace eight = eight_bytes;
  return eight::run_without(text, [](uint64_t x) {
    return eight::json_escaped(x) | eight::equal(x, 0x7F)
           | eight::beyond_ascii(x);
  });
}

enum class quotes : bool { kept, escaped };

void append_escaped(std::string& out, std::string_view text, quotes how) {
  while (!text.empty()) {
    auto plain = plain_run(text); // most text is a single one
    out.append(text, 0, plain);
    text.remove_prefix(plain);
    if (text.empty())
      return;
    auto size = sequence_at_front(text);
    auto sequence = text.substr(0, std::max<size_t>(size, 1));
    text.remove_prefix(sequence.size());
    if (size == 0) {
      out += replacement;
    } else if (auto c = control(sequence)) {
      append_control(out, *c);
    } else {
      if (how == quotes::escaped && size == 1) // `"` or a backslash
        out += '\\';
      out += sequence;
    }
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text, quotes::escaped);
  out += '"';
}

void append_number(std::string& out, int64_t x) {
  std::array<char, 32> text;
  auto end = std::to_chars(text.data(), text.data() + text.size(), x).ptr;
  out.append(text.data(), end);
}

/// `2025-11-09T09:00:00.000Z`; only the first line of a second computes it.
void append_time(std::string& out, timestamp when) {
  thread_local int64_t cached_second = -1;
  thread_local std::string cached;
  if (auto second = when.ms / 1000; second != cached_second) {
    cached = to_string(when);
    cached_second = second;
  }
  auto ms = static_cast<int>(when.ms % 1000);
  out.append(cached, 0, 20);
  out += static_cast<char>('0' + ms / 100);
  out += static_cast<char>('0' + ms / 10 % 10);
  out += static_cast<char>('0' + ms % 10);
  out += 'Z';
}

/// With three decimals.
void append_ms(std::string& out, std::chrono::nanoseconds x) {
  auto us = x.count() / 1000;
  append_number(out, us / 1000);
  out += '.';
  out += static_cast<char>('0' + us / 100 % 10);
  out += static_cast<char>('0' + us / 10 % 10);
  out += static_cast<char>('0' + us % 10);
}

/// Appends a value; `text` says how strings look.
template <class F>
void append_value(std::string& out, const field& x, F text) {
  if (auto* string = std::get_if<std::string_view>(&x.value))
    text(*string);
  else if (auto* integer = std::get_if<int64_t>(&x.value))
    append_number(out, *integer);
  else if (auto* duration = std::get_if<std::chrono::nanoseconds>(&x.value))
    append_ms(out, *duration);
  else
    out += std::get<bool>(x.value) ? "true" : "false";
}

bool wants_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" =\"\\") != text.npos;
}

} // namespace

std::string_view to_string(level x) {
  constexpr std::array<std::string_view, 5> names{"DEBUG", "INFO", "WARNING",
                                                  "ERROR", "CRITICAL"};
  return names[static_cast<size_t>(x)];
}

void append_json(std::string& out, const record& x) {
  out += R"({"timestamp":")";
  append_time(out, x.when);
  out += R"(","level":")";
  out += to_string(x.severity);
  out += R"(","logger":)";
  append_quoted(out, x.logger);
  out += R"(,"message":)";
  append_quoted(out, x.message);
  for (auto& item : x.fields) {
    out += ',';
    append_quoted(out, item.key);
    out += ':';
    append_value(out, item,
                 [&](std::string_view text) { append_quoted(out, text); });
  }
  out += "}\n";
}

void append_text(std::string& out, const record& x) {
  append_time(out, x.when);
  out += ' ';
  auto name = to_string(x.severity);
  out += name;
  out.append(to_string(level::critical).size() - name.size(), ' ');
  out += ' ';
  append_escaped(out, x.logger, quotes::kept);
  out += ": ";
  append_escaped(out, x.message, quotes::kept);
  for (auto& item : x.fields) {
    out += ' ';
    append_escaped(out, item.key, quotes::kept);
    out += '=';
    append_value(out, item, [&](std::string_view text) {
      wants_quotes(text) ? append_quoted(out, text)
                         : append_escaped(out, text, quotes::kept);
    });
  }
  out += '\n';
}

} // namespace callboard::log
