#include "net/conditions.hpp"

#include "protocols/error.hpp"
#include "protocols/precondition.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace callboard::net {

namespace {

constexpr std::string_view gzip_mark = "-gzip";

struct tag {
  std::string_view text; ///< between the quotes
  bool weak = false;
};

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t")));
}

/// RFC 9110 section 8.8.3: visible ASCII but the quote, and obs-text.
bool is_tag_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != 0x7f;
  });
}

/// Takes one tag from the beginning; nothing if there is none.
std::optional<tag> take_tag(std::string_view& text) {
  tag out;
  if (text.starts_with("W/")) {
    out.weak = true;
    text.remove_prefix(2);
  }
  auto end = text.starts_with('"') ? text.find('"', 1) : text.npos;
  if (end == text.npos)
    return std::nullopt;
  out.text = text.substr(1, end - 1);
  if (!is_tag_text(out.text))
    return std::nullopt;
  text.remove_prefix(end + 1);
  return out;
}

/// A list of at least one tag; empty items are skipped (section 5.6.1).
std::optional<std::vector<tag>> read_tags(std::string_view list) {
  std::vector<tag> out;
  for (skip_blanks(list); !list.empty(); skip_blanks(list)) {
    if (list.front() == ',') {
      list.remove_prefix(1);
      continue;
    }
    auto item = take_tag(list);
    skip_blanks(list);
    if (!item || (!list.empty() && list.front() != ','))
      return std::nullopt;
    out.push_back(*item);
  }
  if (out.empty())
    return std::nullopt;
  return out;
}

bool is_any(std::string_view list) {
  auto first = list.find_first_not_of(" \t");
  return first != list.npos && list.find_last_not_of(" \t") == first
         && list[first] == '*';
}

std::string_view without_mark(std::string_view text) {
  if (text.ends_with(gzip_mark))
    text.remove_suffix(gzip_mark.size());
  return text;
}

} // namespace

std::string gzip_tag(std::string tag) {
  return tag.insert(tag.size() - 1, gzip_mark);
}

bool knows(const request& in, std::string_view own) {
  auto list = in.list("if-none-match");
  if (!list)
    return false;
  if (is_any(*list))
    return true;
  auto tags = read_tags(*list);
  own = own.substr(1, own.size() - 2);
  return tags && std::any_of(tags->begin(), tags->end(), [&](auto& x) {
           return without_mark(x.text) == own;
         });
}

caf::error read_conditions(const request& in, call& to) {
  if (auto none = in.list("if-none-match"); none && is_any(*none))
    to.if_match.emplace_back(no_version);
  auto list = in.list("if-match");
  if (!list || is_any(*list))
    return caf::none;
  auto tags = read_tags(*list);
  if (!tags)
    return caf::make_error(errc::bad_request,
                           std::string{"If-Match must be * or a list of entity "
                                       "tags in quotes"});
  for (auto& x : *tags) // compared strongly: a weak one names no version
    to.if_match.emplace_back(x.weak ? no_version
                                    : version_of(without_mark(x.text)));
  return caf::none;
}

} // namespace callboard::net
