#include "supervision/env_file.hpp"

#include "protocols/error.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

namespace callboard {

namespace {

constexpr std::string_view blanks = " \t\r";

bool is_name(std::string_view text) {
  auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && letter(text.front())
         && std::all_of(text.begin(), text.end(),
                        [&](char c) { return letter(c) || digit(c); });
}

/// A value, or why the line has none.
struct reading {
  std::string value;
  std::string_view problem = {};
};

reading after_quote(std::string value, std::string_view rest) {
  rest = trimmed(rest, blanks);
  if (!rest.empty() && rest.front() != '#')
    return {{}, "text behind the closing quote"};
  return {std::move(value)};
}

reading read_single(std::string_view text) {
  auto end = text.find('\'');
  if (end == text.npos)
    return {{}, "no closing quote"};
  return after_quote(std::string{text.substr(0, end)}, text.substr(end + 1));
}

std::optional<char> unescaped(char c) {
  switch (c) {
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  case '"':
  case '\\':
  case '$':
    return c;
  default:
    return std::nullopt;
  }
}

reading read_double(std::string_view text) {
  std::string value;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"')
      return after_quote(std::move(value), text.substr(i + 1));
    auto escape = text[i] == '\\' && i + 1 < text.size()
                      ? unescaped(text[i + 1])
                      : std::nullopt;
    value += escape ? *escape : text[i];
    i += escape ? 1 : 0;
  }
  return {{}, "no closing quote"};
}

reading read_bare(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '#' && (i == 0 || blanks.find(text[i - 1]) != blanks.npos))
      return {std::string{trimmed(text.substr(0, i), blanks)}};
  return {std::string{text}};
}

reading read_value(std::string_view text) {
  if (text.starts_with('\''))
    return read_single(text.substr(1));
  if (text.starts_with('"'))
    return read_double(text.substr(1));
  return read_bare(text);
}

std::string_view without_export(std::string_view line) {
  constexpr std::string_view word = "export";
  if (line.starts_with(word) && line.size() > word.size()
      && blanks.find(line[word.size()]) != blanks.npos)
    return trimmed(line.substr(word.size()));
  return line;
}

/// The problem of the line, or empty.
std::string_view read_line(std::string_view line, env_file& to) {
  line = trimmed(line, blanks);
  if (line.empty() || line.front() == '#')
    return {};
  if (line.find('\0') != line.npos)
    return "a NUL character";
  line = without_export(line);
  auto equals = line.find('=');
  if (equals == line.npos)
    return "no = behind the name";
  auto name = trimmed(line.substr(0, equals), blanks);
  if (!is_name(name))
    return "no valid name before the =";
  auto [value, problem] = read_value(trimmed(line.substr(equals + 1), blanks));
  if (problem.empty())
    to.values.emplace_back(name, std::move(value));
  return problem;
}

class descriptor {
public:
  explicit descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  int get() const { return fd_; }

private:
  int fd_;
};

caf::error refusal(std::string text) {
  return caf::make_error(errc::bad_request, std::move(text));
}

} // namespace

env_file parse_env_file(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());
  env_file result;
  for (size_t number = 1; !text.empty(); ++number) {
    auto end = text.find('\n');
    auto problem = read_line(text.substr(0, end), result);
    if (!problem.empty())
      result.problems.push_back("line " + std::to_string(number) + ": "
                                + std::string{problem});
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
  }
  return result;
}

caf::expected<std::string> read_small_file(const std::string& path,
                                           size_t limit) {
  if (path.find('\0') != path.npos)
    return refusal("the path holds a NUL character");
  descriptor file{path};
  if (file.get() < 0)
    return refusal(std::strerror(errno));
  std::string text(limit + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    auto n = ::read(file.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) // a folder, too
      return refusal(std::strerror(errno));
    if (n == 0)
      break;
    size += static_cast<size_t>(n);
  }
  if (size > limit)
    return refusal("larger than " + std::to_string(limit) + " bytes");
  text.resize(size);
  return text;
}

} // namespace callboard
