#include "net/request_validator.hpp"

#include "protocols/error.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace callboard::net {

namespace {

caf::error bad(const char* why) {
  return caf::make_error(errc::bad_request, std::string{why});
}

constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}

bool is_hex(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

constexpr bool is_token(char c) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z')
         || marks.find(c) != marks.npos;
}

/// Field content: visible characters, obs-text, space and tab.
constexpr bool is_text(char c) {
  auto x = static_cast<unsigned char>(c);
  return x == '\t' || (x >= 0x20 && x != 0x7f);
}

/// A class of bytes as a table: every byte of every head passes through.
template <bool (*Of)(char)>
bool all(std::string_view text) {
  static constexpr auto table = [] {
    std::array<bool, 256> out{};
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = Of(static_cast<char>(i));
    return out;
  }();
  for (char c : text)
    if (!table[static_cast<unsigned char>(c)])
      return false;
  return true;
}

bool same(std::string_view a, std::string_view lower_case) {
  return a.size() == lower_case.size()
         && std::equal(a.begin(), a.end(), lower_case.begin(),
                       [](char x, char y) { return lower(x) == y; });
}

std::string lower_text(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

/// `.` and `..` as segments, also percent-encoded.
bool has_dot_segment(std::string_view path) {
  if (path.find("/.") == path.npos && path.find('%') == path.npos)
    return false; // most paths
  auto plain = lower_text(path);
  for (size_t at; (at = plain.find("%2e")) != plain.npos;)
    plain.replace(at, 3, ".");
  std::string_view rest = plain;
  while (!rest.empty()) {
    auto slash = rest.find('/');
    auto segment = rest.substr(0, slash);
    if (segment == "." || segment == "..")
      return true;
    rest = slash == rest.npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return false;
}

caf::error check_target(std::string_view target) {
  if (target.front() != '/')
    return bad("The target must be a path");
  for (size_t i = 0; i < target.size(); ++i) {
    auto c = target[i];
    if (c <= 0x20 || c >= 0x7f || c == '#' || c == '\\')
      return bad("Malformed target");
    if (c != '%')
      continue;
    if (i + 2 >= target.size() || !is_hex(target[i + 1])
        || !is_hex(target[i + 2]) || target.substr(i + 1, 2) == "00")
      return bad("Malformed percent-encoding");
  }
  if (has_dot_segment(target.substr(0, target.find('?'))))
    return bad("Dot segments are not allowed");
  return caf::none;
}

caf::error check_request_line(std::string_view line,
                              const http_limits& limits) {
  if (line.size() > limits.request_line)
    return caf::make_error(errc::uri_too_long);
  auto first = line.find(' ');
  auto second = line.rfind(' ');
  if (first == line.npos || first == second || first == 0
      || line.find(' ', first + 1) != second || second == first + 1)
    return bad("Malformed request line");
  auto method = line.substr(0, first);
  if (!all<is_upper>(method))
    return bad("Malformed method");
  auto version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return bad("Unsupported HTTP version");
  return check_target(line.substr(first + 1, second - first - 1));
}

caf::error check_field_line(std::string_view line, const http_limits& limits) {
  if (line.size() > limits.field)
    return caf::make_error(errc::headers_too_large);
  auto colon = line.find(':');
  if (colon == line.npos || colon == 0) // a folded line begins with a space
    return bad("Malformed header field");
  auto name = line.substr(0, colon);
  auto value = line.substr(colon + 1);
  if (!all<is_token>(name) || !all<is_text>(value))
    return bad("Malformed header field");
  return caf::none;
}

constexpr bool is_of_host(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '.'
         || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
}

bool is_host(std::string_view text) {
  return !text.empty() && all<is_of_host>(text);
}

/// One number and nothing else: no sign, no list, no twin.
bool is_length(std::string_view text) {
  return !text.empty() && text.size() <= 18 && all<is_digit>(text);
}

} // namespace

caf::error check_head(std::string_view head, const http_limits& limits) {
  size_t lines = 0;
  for (; head != "\r\n"; ++lines) {
    auto end = head.find('\n');
    if (end == head.npos || end == 0 || head[end - 1] != '\r')
      return bad("Bare line feed");
    auto line = head.substr(0, end - 1);
    if (line.find('\r') != line.npos || line.find('\0') != line.npos)
      return bad("Control character in the head");
    if (lines > limits.fields)
      return caf::make_error(errc::headers_too_large);
    if (auto err = lines == 0 ? check_request_line(line, limits)
                              : check_field_line(line, limits))
      return err;
    head.remove_prefix(end + 1);
  }
  return lines == 0 ? bad("Empty request") : caf::error{};
}

caf::error check_fields(
    std::span<const std::pair<std::string_view, std::string_view>> fields,
    unsigned version) {
  size_t hosts = 0;
  size_t lengths = 0;
  size_t codings = 0;
  for (auto& [name, value] : fields) {
    if (same(name, "host")) {
      if (++hosts > 1 || !is_host(value))
        return bad("Bad Host");
    } else if (same(name, "content-length")) {
      if (++lengths > 1 || !is_length(value))
        return bad("Bad Content-Length");
    } else if (same(name, "transfer-encoding")) {
      if (++codings > 1 || !same(value, "chunked"))
        return bad("Bad Transfer-Encoding");
    }
  }
  if (version == 11 && hosts == 0)
    return bad("Missing Host");
  if (codings > 0 && (lengths > 0 || version == 10))
    return bad("Ambiguous body length");
  return caf::none;
}

} // namespace callboard::net
