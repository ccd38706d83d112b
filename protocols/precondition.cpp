#include "protocols/precondition.hpp"

#include "protocols/error.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace callboard {

namespace {

constexpr char snake_style = 's';

/// FNV-1a, 64 bits: not for secrets, equal everywhere.
uint64_t digest(std::string_view text) {
  uint64_t out = 14'695'981'039'346'656'037u;
  for (char c : text) {
    out ^= static_cast<unsigned char>(c);
    out *= 1'099'511'628'211u;
  }
  return out;
}

template <class T>
void append(std::string& out, T x, int base = 10) {
  std::array<char, 20> text;
  auto [end, ec]
      = std::to_chars(text.data(), text.data() + text.size(), x, base);
  out.append(text.data(), end);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

} // namespace

std::string entity_tag(int64_t id, int64_t version, std::string_view beside) {
  std::string out{'"', snake_style};
  append(out, id);
  out += '.';
  append(out, version);
  if (!beside.empty()) {
    out += '.';
    append(out, digest(beside), 16);
  }
  out += '"';
  return out;
}

std::string_view version_of(std::string_view tag) {
  if (tag.empty() || tag.front() < 'a' || tag.front() > 'z')
    return no_version;
  tag.remove_prefix(1); // the style is no matter to a writer
  auto first = tag.find('.');
  if (first == tag.npos)
    return no_version;
  auto second = std::min(tag.find('.', first + 1), tag.size());
  if (!is_number(tag.substr(0, first))
      || !is_number(tag.substr(first + 1, second - first - 1)))
    return no_version;
  return tag.substr(0, second);
}

caf::error check_version(const call& ctx, int64_t id, int64_t version) {
  if (ctx.if_match.empty())
    return caf::none;
  auto tag = entity_tag(id, version);
  auto own = version_of({tag.data() + 1, tag.size() - 2});
  if (std::find(ctx.if_match.begin(), ctx.if_match.end(), own)
      != ctx.if_match.end())
    return caf::none;
  return caf::make_error(errc::precondition_failed,
                         std::string{"The resource has changed: its version is "
                                     "not one that If-Match names"});
}

} // namespace callboard
