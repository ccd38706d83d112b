#include "net/exposition.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace callboard::net {

namespace {

/// `quotes`: within a label's value.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"'))
      out += '\\';
    out += c;
  }
}

} // namespace

exposition& exposition::family(std::string_view name, std::string_view type,
                               std::string_view help) {
  name_ = name;
  ((text_ += "# HELP ") += name) += ' ';
  append_escaped(text_, help, false);
  (((text_ += "\n# TYPE ") += name) += ' ') += type;
  text_ += '\n';
  return *this;
}

exposition& exposition::put(std::string_view suffix, label_list labels,
                            const std::string& value) {
  (text_ += name_) += suffix;
  char before = '{';
  for (auto& [name, content] : labels) {
    ((text_ += before) += name) += "=\"";
    append_escaped(text_, content, true);
    text_ += '"';
    before = ',';
  }
  if (labels.size() > 0)
    text_ += '}';
  ((text_ += ' ') += value) += '\n';
  return *this;
}

std::string exposition::number(double x) {
  if (std::isnan(x))
    return "NaN";
  if (std::isinf(x))
    return x > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr;
  return {digits.data(), end};
}

} // namespace callboard::net
