#include "net/router.hpp"

#include <algorithm>
#include <optional>

namespace callboard::net {

namespace {

constexpr size_t max_segments = 16;

struct segments {
  std::array<std::string_view, max_segments> item;
  size_t count = 0;
  bool fits = true;
};

segments split(std::string_view path) {
  segments out;
  if (path.size() > 1 && path.back() == '/')
    path.remove_suffix(1);
  path.remove_prefix(path.empty() ? 0 : 1);
  while (true) {
    auto slash = path.find('/');
    if (out.count == max_segments) {
      out.fits = false;
      return out;
    }
    out.item[out.count++] = path.substr(0, slash);
    if (slash == path.npos)
      return out;
    path.remove_prefix(slash + 1);
  }
}

/// `/api/auth/...` and `/api/users/me` are the routes of accounts (rest-api
/// section 12).
void resolve_alias(segments& path) {
  auto& item = path.item;
  auto accounts = path.count > 2 && item[0] == "api" && item[1] == "auth";
  auto me = path.count == 3 && item[0] == "api" && item[1] == "users"
            && item[2] == "me";
  if ((!accounts && !me) || path.count == max_segments)
    return;
  for (auto i = path.count; i > 1; --i) // makes room behind "api"
    item[i] = item[i - 1];
  ++path.count;
  item[1] = "v1";
  item[2] = "auth";
}

bool is_parameter(std::string_view segment) {
  return !segment.empty() && segment.front() == '{';
}

struct fitting {
  std::array<std::string_view, 3> values{};
  size_t count = 0;
};

/// The parameters, if the path fits the pattern.
std::optional<fitting> fits(const std::vector<std::string_view>& pattern,
                            const segments& path) {
  if (pattern.size() != path.count)
    return std::nullopt;
  fitting out;
  for (size_t i = 0; i < path.count; ++i) {
    if (is_parameter(pattern[i]) && !path.item[i].empty())
      out.values[out.count++] = path.item[i];
    else if (pattern[i] != path.item[i])
      return std::nullopt;
  }
  return out;
}

void allow(std::string& allowed, verb method) {
  if (!allowed.empty())
    allowed += ", ";
  allowed += name_of_verb(method);
  if (method == verb::get)
    allowed += ", HEAD";
}

} // namespace

void router::add(std::span<const route> routes) {
  for (auto& x : routes) {
    auto parts = split(x.pattern);
    entries_.push_back(
        {{parts.item.begin(), parts.item.begin() + parts.count}, &x});
  }
}

match router::find(verb method, std::string_view path) const {
  match out;
  auto parts = split(path);
  if (!parts.fits || path.empty() || path.front() != '/')
    return out;
  resolve_alias(parts);
  auto wanted = method == verb::head ? verb::get : method;
  for (auto& x : entries_) {
    auto fit = fits(x.segments, parts);
    // A literal path comes before one with parameters, whatever the verb.
    if (!fit || (out.known_path && fit->count > out.parameter_count))
      continue;
    if (!out.known_path || fit->count < out.parameter_count) {
      out = {};
      out.known_path = true;
      out.parameters = fit->values;
      out.parameter_count = fit->count;
    }
    if (x.target->method == wanted) {
      out.found = x.target;
      out.index = static_cast<size_t>(&x - entries_.data());
    } else if (out.found == nullptr)
      allow(out.allowed, x.target->method);
  }
  return out;
}

std::string_view name_of_verb(verb x) {
  switch (x) {
  case verb::get:
    return "GET";
  case verb::head:
    return "HEAD";
  case verb::post:
    return "POST";
  case verb::put:
    return "PUT";
  case verb::patch:
    return "PATCH";
  case verb::del:
    return "DELETE";
  default:
    return "";
  }
}

std::vector<const route*> router::all() const {
  std::vector<const route*> out;
  for (auto& x : entries_)
    out.push_back(x.target);
  return out;
}

std::vector<std::string> aliases(std::string_view pattern) {
  constexpr std::string_view accounts = "/api/v1/auth/";
  std::vector<std::string> out;
  if (pattern.starts_with(accounts))
    out.push_back("/api/auth/" + std::string{pattern.substr(accounts.size())});
  if (pattern == "/api/v1/auth/me")
    out.emplace_back("/api/users/me");
  return out;
}

const given_answer* route::answer_of(unsigned status) const {
  for (auto& x : gives)
    if (x.status == status && status != 0)
      return &x;
  return nullptr;
}

std::vector<std::string_view> parameter_names(std::string_view pattern) {
  std::vector<std::string_view> out;
  auto parts = split(pattern);
  for (size_t i = 0; i < parts.count; ++i)
    if (is_parameter(parts.item[i]))
      out.push_back(parts.item[i].substr(1, parts.item[i].size() - 2));
  return out;
}

} // namespace callboard::net
