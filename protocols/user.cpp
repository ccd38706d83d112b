#include "protocols/user.hpp"

#include "protocols/password_policy.hpp"
#include "protocols/unicode.hpp"

#include <algorithm>

namespace callboard {

namespace {

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9');
}

/// Labels of letters, digits and inner hyphens (RFC 1123), or UTF-8.
bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-'
      || label.back() == '-')
    return false;
  return std::all_of(label.begin(), label.end(), [](char c) {
    return is_alnum(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_domain(std::string_view domain) {
  size_t labels = 0;
  while (true) {
    auto dot = domain.find('.');
    if (!is_label(domain.substr(0, dot)))
      return false;
    ++labels;
    if (dot == domain.npos)
      return labels >= 2;
    domain.remove_prefix(dot + 1);
  }
}

/// RFC 5322 dot-atom, or UTF-8 (RFC 6531); no quoted form.
bool is_local_part(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+/=?^_`{|}~-.";
  if (text.empty() || text.size() > 64 || text.front() == '.'
      || text.back() == '.' || text.find("..") != text.npos)
    return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alnum(c) || marks.find(c) != marks.npos
           || static_cast<unsigned char>(c) >= 0x80;
  });
}

} // namespace

std::string to_string(role x) { return std::string{name_of(x)}; }

std::optional<std::string> check_username(std::string_view text) {
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return is_alnum(c) || c == '_' || c == '-'; }))
    return std::nullopt;
  return "letters, digits, '_' and '-' only";
}

std::optional<std::string> check_email(std::string_view text) {
  auto at = text.rfind('@');
  if (at != text.npos && is_local_part(text.substr(0, at))
      && is_domain(text.substr(at + 1)))
    return std::nullopt;
  return "value is not a valid email address";
}

std::optional<std::string> check_new_password(std::string_view text) {
  return password_policy(text);
}

std::optional<std::string> check_password(std::string_view text) {
  if (text.find('\0') == text.npos)
    return std::nullopt;
  return "password must not contain NUL";
}

std::string normal_email(std::string_view email) {
  auto at = email.rfind('@') + 1;
  std::string out{email};
  std::transform(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(),
                 out.begin() + static_cast<std::ptrdiff_t>(at), [](char c) {
                   return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
                 });
  return out;
}

} // namespace callboard
